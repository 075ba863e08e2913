import { answer, jsonResponse } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readDivergence } from '#lib/services/read/readDivergence.ts';

interface Params {
  readonly params: Promise<{ readonly context: string; readonly table: string; readonly key: string }>;
}

/** What is known of one key: its columns with how they differ, values masked, and the change event that decided. */
export function GET(request: Request, { params }: Params): Promise<Response> {
  return answer(async () => jsonResponse(request, await readDivergence(await web(), principal(), await params)));
}
