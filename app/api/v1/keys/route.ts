import { answer, jsonResponse } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readKeys } from '#lib/services/read/readKeys.ts';

/** The public keys that check certificates, the newest first; old ones stay. */
export function GET(request: Request): Promise<Response> {
  return answer(async () => {
    return jsonResponse(request, { schemaVersion: '1', keys: await readKeys(await web(), principal()) });
  });
}
