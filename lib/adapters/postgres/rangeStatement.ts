import type { KeyRange } from '../../core/consistency/keyRange.ts';
import { inRange, keyCompared, type Parameters, type SidePlan } from './tablePlan.ts';

/**
 * One statement that runs `body`, a select over the rows that its condition picks, once for each range; its rows begin
 * with `i`, the range's number. Ranges with two ends go through one plan, as arrays of bounds.
 */
export function forEachRange(
  plan: SidePlan,
  ranges: readonly KeyRange[],
  parameters: Parameters,
  body: (condition: string) => string,
): string {
  const statements: string[] = [];
  const closed: ClosedRange[] = [];
  for (const [i, { lo, hi }] of ranges.entries()) {
    if (lo !== null && hi !== null) closed.push({ i, lo, hi });
    else statements.push(`select ${i} as i, d.* from (${body(inRange(plan, { lo, hi }, parameters))}) d`);
  }
  if (closed.length > 0) statements.push(forEachClosed(plan, closed, parameters, body));
  return statements.join(' union all ');
}

interface ClosedRange {
  readonly i: number;
  readonly lo: readonly string[];
  readonly hi: readonly string[];
}

function forEachClosed(
  plan: SidePlan,
  ranges: readonly ClosedRange[],
  parameters: Parameters,
  body: (condition: string) => string,
): string {
  const arrays = [`${parameters.add(ranges.map((range) => range.i))}::int4[]`];
  const names = ['i'];
  const casts = ['i'];
  for (const [at, { sql }] of plan.key.entries()) {
    for (const bound of ['lo', 'hi'] as const) {
      arrays.push(`${parameters.add(ranges.map((range) => range[bound][at] ?? null))}::text[]`);
      names.push(`${bound}${at}`);
      casts.push(`${bound}${at}::${sql.cast} as ${bound}${at}`);
    }
  }
  const compared = (operator: '>=' | '<', bound: 'lo' | 'hi') =>
    keyCompared(
      plan,
      operator,
      plan.key.map((_, at) => `r.${bound}${at}`),
    );
  return `select r.i, d.*
    from (select ${casts.join(', ')} from unnest(${arrays.join(', ')}) u(${names.join(', ')}) offset 0) r
    cross join lateral (${body(`${compared('>=', 'lo')} and ${compared('<', 'hi')}`)}) d`;
}
