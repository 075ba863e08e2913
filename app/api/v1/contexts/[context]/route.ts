import { BanyanError } from '#lib/errors.ts';
import { answer, jsonResponse } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readBoard } from '#lib/services/read/readBoard.ts';
import { loadView, rangeMs } from '#lib/url.ts';

/** One context with its stages, verdicts and KPIs. */
export function GET(request: Request, { params }: { params: Promise<{ context: string }> }): Promise<Response> {
  return answer(async () => {
    const { context } = await params;
    const { range } = loadView(request);
    const board = await readBoard(await web(), principal(), { rangeMs: rangeMs(range), context });
    const found = board.contexts[0];
    if (found === undefined) throw new BanyanError('not_found', `there is no context ${context}`);
    return jsonResponse(request, { schemaVersion: '1', asOf: board.asOf, ages: board.ages, ...found });
  });
}
