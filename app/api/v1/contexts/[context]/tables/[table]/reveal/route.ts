import { z } from 'zod';
import { answer, jsonResponse, parseBody, readJsonBody } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { revealValues } from '#lib/services/revealValues.ts';

const body = z.object({
  key: z.string().max(2000),
  columns: z.array(z.string().max(200)).min(1).max(500).nullable().default(null),
});

interface Params {
  readonly params: Promise<{ readonly context: string; readonly table: string }>;
}

/** Values of one key's rows: `{"key":"10517"}`, or of named columns: `{"key":"10517","columns":["iban"]}`; audited. */
export function POST(request: Request, { params }: Params): Promise<Response> {
  return answer(async () => {
    const asked = parseBody(body, await readJsonBody(request));
    const parts = await web();
    return jsonResponse(request, await revealValues(parts, parts.stages, principal(), { ...(await params), ...asked }));
  });
}
