import { z } from 'zod';
import { STAGE_IDS } from '#lib/core/verdict/verdict.ts';
import { answer, jsonResponse, parseBody, readJsonBody } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { moveStage } from '#lib/services/moveStage.ts';
import { readContextDefinition } from '#lib/services/read/readContextDefinition.ts';

const body = z.object({ stage: z.enum(STAGE_IDS), reason: z.string().max(2000).optional() });

/** Makes a stage the current one: `{"stage":"route_reads","reason":"the gate passed"}`, the reason if there is one; audited. */
export function POST(request: Request, { params }: { params: Promise<{ context: string }> }): Promise<Response> {
  return answer(async () => {
    const { stage, reason } = parseBody(body, await readJsonBody(request));
    const { context: id } = await params;
    const parts = await web();
    const context = await readContextDefinition(parts, principal(), id);
    return jsonResponse(request, await moveStage(parts.stages, principal(), context, stage, reason));
  });
}
