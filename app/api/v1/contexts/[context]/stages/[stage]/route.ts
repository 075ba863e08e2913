import { answer, jsonResponse } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readStage } from '#lib/services/read/readStage.ts';
import { loadView, rangeMs } from '#lib/url.ts';

interface Params {
  readonly params: Promise<{ readonly context: string; readonly stage: string }>;
}

/** One stage with its criteria, charts, history and attempts: what the stage page shows. */
export function GET(request: Request, { params }: Params): Promise<Response> {
  return answer(async () => {
    const { range } = loadView(request);
    const stage = await readStage(await web(), principal(), { ...(await params), rangeMs: rangeMs(range) });
    return jsonResponse(request, stage);
  });
}
