import { answer, jsonResponse } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readCommand } from '#lib/services/read/readCommand.ts';

/** What became of something asked of the worker: `waiting`, or `ended` with its result. */
export function GET(request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  return answer(async () => jsonResponse(request, await readCommand(await web(), principal(), (await params).id)));
}
