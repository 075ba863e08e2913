import { answer, jsonResponse } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readBoard } from '#lib/services/read/readBoard.ts';
import { loadView, rangeMs } from '#lib/url.ts';

/** Every context with its stages, verdicts and KPIs: what the readiness board shows. */
export function GET(request: Request): Promise<Response> {
  return answer(async () => {
    const { range } = loadView(request);
    return jsonResponse(request, await readBoard(await web(), principal(), { rangeMs: rangeMs(range) }));
  });
}
