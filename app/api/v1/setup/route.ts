import { answer, jsonResponse } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readSetup } from '#lib/services/read/readSetup.ts';

/** The checklist of a set-up with its live probes. */
export function GET(request: Request): Promise<Response> {
  return answer(async () => jsonResponse(request, await readSetup(await web(), principal())));
}
