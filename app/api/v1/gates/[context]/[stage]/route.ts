import { gateBody, gateOutcome } from '#lib/core/verdict/gate.ts';
import { answer, jsonResponse } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readGate } from '#lib/services/read/readGate.ts';

interface Params {
  readonly params: Promise<{ readonly context: string; readonly stage: string }>;
}

/** Seconds after which asking again may give another answer: the worker evaluates about this often. */
const RETRY_AFTER_SECONDS = '5';

/** The gate of a stage: 200 with the verdict, 503 for the verdict `error`, with the same body. */
export function GET(request: Request, { params }: Params): Promise<Response> {
  return answer(async () => {
    const { context, stage } = await params;
    const url = new URL(request.url);
    const { verdict } = await readGate(await web(), principal(), context, stage);
    const dashboard = new URL(`/contexts/${encodeURIComponent(context)}/${stage}`, originOf(request));
    const body = gateBody(verdict, {
      dryRun: url.searchParams.get('dryRun') === 'true',
      dashboardUrl: dashboard.href,
    });
    return jsonResponse(request, body, {
      status: gateOutcome(verdict.verdict).httpStatus,
      headers: { 'retry-after': RETRY_AFTER_SECONDS },
    });
  });
}

/** The address by which the caller reached Banyan, not the one it listens on. */
function originOf(request: Request): string {
  const { protocol, host } = new URL(request.url);
  return `${protocol}//${request.headers.get('host') ?? host}`;
}
