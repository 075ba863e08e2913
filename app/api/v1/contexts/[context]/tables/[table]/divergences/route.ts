import { z } from 'zod';
import { BanyanError } from '#lib/errors.ts';
import { answer, jsonResponse } from '#lib/http.ts';
import { DIVERGENCE_STATES } from '#lib/ports/readStore.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readDivergences } from '#lib/services/read/readDivergences.ts';

const query = z.object({
  state: z.enum(DIVERGENCE_STATES).nullable().default(null),
  leg: z.enum(['capture', 'transport', 'apply', 'rogue_write', 'unknown']).nullable().default(null),
  after: z.string().max(4096).nullable().default(null),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

interface Params {
  readonly params: Promise<{ readonly context: string; readonly table: string }>;
}

/** The table's open divergences, `?state=DIVERGED&leg=apply&limit=100`; the next page is in the Link header. */
export function GET(request: Request, { params }: Params): Promise<Response> {
  return answer(async () => {
    const url = new URL(request.url);
    const parsed = query.safeParse(Object.fromEntries(url.searchParams));
    if (!parsed.success) {
      throw new BanyanError('bad_input', z.prettifyError(parsed.error), {
        fix: 'for example ?state=DIVERGED&leg=apply&limit=100',
      });
    }
    const { rows, next } = await readDivergences(await web(), principal(), { ...(await params), ...parsed.data });
    if (next === null) return jsonResponse(request, rows);
    url.searchParams.set('after', next);
    return jsonResponse(request, rows, { headers: { link: `<${url.pathname}${url.search}>; rel="next"` } });
  });
}
