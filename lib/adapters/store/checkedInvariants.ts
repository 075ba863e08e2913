import type { Pool } from 'pg';
import { z } from 'zod';
import type { CheckedInvariant, InvariantCut } from '../../core/verdict/evidence.ts';
import type { AskedInvariant } from '../../ports/evidenceStore.ts';

const Parts = z.array(
  z.object({ database: z.string(), sign: z.union([z.literal(1), z.literal(-1)]), value: z.string() }),
);
const Checked = z.object({
  expected: z.string().nullable(),
  cuts: z.coerce.number(),
  violations: z.coerce.number(),
  violated_at: z.date().nullable(),
  violated_total: z.string().nullable(),
  violated_parts: Parts.nullable(),
  newest_at: z.date().nullable(),
  newest_total: z.string().nullable(),
  newest_parts: Parts.nullable(),
  detail: z.string().nullable(),
});

/** What the checks of these invariants found since `fromMs`; figures of another definition are left out. */
export function readCheckedInvariants(
  pool: Pool,
  context: string,
  invariants: readonly AskedInvariant[],
  fromMs: number,
): Promise<readonly CheckedInvariant[]> {
  return Promise.all(
    invariants.map(async ({ id, title, equals, tolerance, definition }) => {
      const given = equals === 'unchanged' ? null : equals;
      const { rows } = await pool.query(CHECKED, [context, id, definition, new Date(fromMs), given, tolerance]);
      const row = Checked.parse(rows[0]);
      return {
        id,
        title,
        expected: row.expected,
        cuts: row.cuts,
        violations: row.violations,
        violated: cutOf(row.violated_at, row.violated_total, row.violated_parts),
        newest: cutOf(row.newest_at, row.newest_total, row.newest_parts),
        unsettledBecause: row.detail,
      };
    }),
  );
}

const CHECKED = `
  with made as (
    select id, at, state, total, parts, detail from invariant_check
    where context = $1 and invariant = $2 and definition = $3 and at >= $4
  ), cuts as (select * from made where state = 'settled'
  ), expected as (
    select coalesce($5::text, (select total from cuts order by at, id limit 1)) as total
  ), off as (
    select cuts.* from cuts, expected where abs(cuts.total::numeric - expected.total::numeric) > $6::numeric
  )
  select expected.total as expected, (select count(*) from cuts) as cuts, (select count(*) from off) as violations,
    v.at as violated_at, v.total as violated_total, v.parts as violated_parts,
    n.at as newest_at, n.total as newest_total, n.parts as newest_parts,
    (select detail from made order by at desc, id desc limit 1) as detail
  from expected
  left join lateral (select * from off order by at desc, id desc limit 1) v on true
  left join lateral (select * from cuts order by at desc, id desc limit 1) n on true`;

function cutOf(at: Date | null, total: string | null, parts: InvariantCut['parts'] | null): InvariantCut | null {
  return at === null || total === null ? null : { atMs: at.getTime(), total, parts: parts ?? [] };
}
