import { answer, jsonResponse } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readConsistency } from '#lib/services/read/readConsistency.ts';
import { loadView, rangeMs } from '#lib/url.ts';

/** The mapped tables, how far they are compared, and the rows that differ: what the consistency page shows. */
export function GET(request: Request): Promise<Response> {
  return answer(async () => {
    const { range } = loadView(request);
    return jsonResponse(request, await readConsistency(await web(), principal(), { rangeMs: rangeMs(range) }));
  });
}
