import { z } from 'zod';
import { STAGE_IDS } from '#lib/core/verdict/verdict.ts';
import { answer, jsonResponse, parseBody, readJsonBody } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { openAttempt } from '#lib/services/openAttempt.ts';
import { readContextDefinition } from '#lib/services/read/readContextDefinition.ts';

const body = z.object({ stage: z.enum(STAGE_IDS), reason: z.string().max(2000) });

/** Opens a new attempt, with no evidence in it: `{"stage":"route_writes","reason":"the applier is repaired"}`; audited. */
export function POST(request: Request, { params }: { params: Promise<{ context: string }> }): Promise<Response> {
  return answer(async () => {
    const { stage, reason } = parseBody(body, await readJsonBody(request));
    const { context: id } = await params;
    const parts = await web();
    const context = await readContextDefinition(parts, principal(), id);
    const attempt = await openAttempt(parts.stages, principal(), context, stage, reason);
    const { startedAtMs, ...rest } = attempt;
    return jsonResponse(request, { ...rest, startedAt: new Date(startedAtMs).toISOString() }, { status: 201 });
  });
}
