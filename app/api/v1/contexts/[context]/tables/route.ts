import { answer, jsonResponse } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readTables } from '#lib/services/read/readTables.ts';
import { loadView, rangeMs } from '#lib/url.ts';

/** The context's mapped tables: what was compared, what was found, and time to consistency over `?range=1h`. */
export function GET(request: Request, { params }: { params: Promise<{ context: string }> }): Promise<Response> {
  return answer(async () => {
    const { context } = await params;
    const { range } = loadView(request);
    const tables = await readTables(await web(), principal(), { rangeMs: rangeMs(range), context });
    return jsonResponse(request, { schemaVersion: '1', context, tables });
  });
}
