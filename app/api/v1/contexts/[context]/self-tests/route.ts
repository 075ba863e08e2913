import { z } from 'zod';
import { answer, jsonResponse, parseBody, readJsonBody } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { askSelfTest } from '#lib/services/askSelfTest.ts';
import { readSelfTests } from '#lib/services/read/readSelfTests.ts';

/** A round takes no arguments: what may be made wrong is the configuration's to say. */
const body = z.strictObject({});

interface Params {
  readonly params: Promise<{ readonly context: string }>;
}

/** The self-tests of the context: what the configuration consents to, and what the newest rounds measured. */
export function GET(request: Request, { params }: Params): Promise<Response> {
  return answer(async () => {
    const { context } = await params;
    return jsonResponse(request, { schemaVersion: '1', ...(await readSelfTests(await web(), principal(), context)) });
  });
}

/** Has the worker carry out a round: `{}`; the list above tells what became of it; audited. */
export function POST(request: Request, { params }: Params): Promise<Response> {
  return answer(async () => {
    parseBody(body, await readJsonBody(request));
    const { context } = await params;
    const parts = await web();
    const id = await askSelfTest(parts, parts.stages, principal(), context);
    const location = `/api/v1/contexts/${encodeURIComponent(context)}/self-tests`;
    return jsonResponse(request, { round: id, location }, { status: 202, headers: { location } });
  });
}
