import { z } from 'zod';
import { BanyanError } from '#lib/errors.ts';
import { answer, jsonResponse } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readSeries } from '#lib/services/read/readSeries.ts';
import { loadView, rangeMs } from '#lib/url.ts';

const query = z.object({
  indicator: z.string(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  points: z.coerce.number().int().min(2).max(2000).default(240),
});

/** One KPI over time: `?indicator=latency&range=1h`, or `from` and `to`; at most 2,000 points, gaps are null. */
export function GET(request: Request, { params }: { params: Promise<{ context: string }> }): Promise<Response> {
  return answer(async () => {
    const { context } = await params;
    const parsed = query.safeParse(Object.fromEntries(new URL(request.url).searchParams));
    if (!parsed.success) {
      throw new BanyanError('bad_input', z.prettifyError(parsed.error), {
        fix: 'for example ?indicator=latency&range=1h&points=240',
      });
    }
    const { indicator, from, to, points } = parsed.data;
    const reading = await web();
    const toMs = to === undefined ? reading.clock.nowMs() : Date.parse(to);
    const fromMs = from === undefined ? toMs - (rangeMs(loadView(request).range) ?? 3_600_000) : Date.parse(from);
    return jsonResponse(request, await readSeries(reading, principal(), { context, indicator, fromMs, toMs, points }));
  });
}
