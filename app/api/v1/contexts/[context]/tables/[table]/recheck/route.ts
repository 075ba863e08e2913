import { z } from 'zod';
import { answer, jsonResponse, parseBody, readJsonBody } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { askRecheck } from '#lib/services/askRecheck.ts';

const body = z.object({ keys: z.array(z.string().max(2000)) });

interface Params {
  readonly params: Promise<{ readonly context: string; readonly table: string }>;
}

/** Has the worker judge keys now: `{"keys":["10517"]}`; the answer names the command to ask for; audited. */
export function POST(request: Request, { params }: Params): Promise<Response> {
  return answer(async () => {
    const { keys } = parseBody(body, await readJsonBody(request));
    const idempotencyKey = request.headers.get('idempotency-key')?.slice(0, 200) ?? null;
    const parts = await web();
    const id = await askRecheck(parts, parts.stages, principal(), { ...(await params), keys, idempotencyKey });
    const location = `/api/v1/commands/${id}`;
    return jsonResponse(request, { command: id, location }, { status: 202, headers: { location } });
  });
}
