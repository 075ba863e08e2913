import { answer, jsonResponse } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readConsistency } from '#lib/services/read/readConsistency.ts';

/** The mapped tables, how far they are compared, and the rows that differ. */
export function GET(request: Request): Promise<Response> {
  return answer(async () => jsonResponse(request, await readConsistency(await web(), principal())));
}
