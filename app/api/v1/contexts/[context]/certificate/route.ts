import { answer, jsonResponse } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readCertificate } from '#lib/services/read/readCertificate.ts';

/** The newest certificate of the context as it was signed, and what stands against a new one. */
export function GET(request: Request, { params }: { params: Promise<{ context: string }> }): Promise<Response> {
  return answer(async () => {
    const { context } = await params;
    return jsonResponse(request, { schemaVersion: '1', ...(await readCertificate(await web(), principal(), context)) });
  });
}
