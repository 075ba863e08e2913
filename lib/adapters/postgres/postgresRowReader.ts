import { z } from 'zod';
import type { KeyHash } from '../../core/consistency/keyHashDiff.ts';
import type { KeyRange } from '../../core/consistency/keyRange.ts';
import { keyText } from '../../core/consistency/keyText.ts';
import { type RangeDigest, rangeDigest } from '../../core/consistency/rangeDigest.ts';
import type { TableMapping } from '../../core/migration/definition.ts';
import type { Caution, Side } from '../../ports/rowReader.ts';
import type { VersionedRowReader, VersionedRows } from '../../ports/versionedRows.ts';
import { columnOf } from './columnPlan.ts';
import { PacedRanges } from './pacedRanges.ts';
import { planOnce } from './planOnce.ts';
import type { PlanOptions, TablePlan } from './planTable.ts';
import { forEachRange } from './rangeStatement.ts';
import { readVersionedRows } from './rowsByKey.ts';
import type { RowQuery, SourceDatabase } from './sourceDatabase.ts';
import { digestOf, inRange, keyCompared, keyOrder, keyTexts, listedHash, Parameters, tableOf } from './tablePlan.ts';

const Digest = z.object({ i: z.number(), n: z.string(), s1: z.string().nullable(), s2: z.string().nullable() });
const Listed = z.object({ keys: z.string().nullable(), hashes: z.string().nullable() });
const Strings = z.array(z.string());
const Keys = z.array(Strings);

/** Reads one mapped table on both of its PostgreSQL databases. */
export class PostgresRowReader implements VersionedRowReader {
  readonly #databases: Readonly<Record<Side, SourceDatabase>>;
  readonly #plan: () => Promise<TablePlan>;
  readonly #digested: Readonly<Record<Side, PacedRanges>>;
  readonly #listed: Readonly<Record<Side, PacedRanges>>;

  /** `made`: the plan of the mapping, where there is one already. */
  constructor(
    mapping: TableMapping,
    source: SourceDatabase,
    target: SourceDatabase,
    options: PlanOptions = {},
    made: TablePlan | null = null,
  ) {
    this.#databases = { source, target };
    this.#plan = planOnce(mapping, this.#databases, options, made);
    const paced = () => ({ source: new PacedRanges(source.budget), target: new PacedRanges(target.budget) });
    this.#digested = paced();
    this.#listed = paced();
  }

  async prepare(): Promise<readonly Caution[]> {
    return (await this.#plan()).scans;
  }

  async bounds(side: Side, range: KeyRange, wanted: number, stepRows: number) {
    const { [side]: plan, scans } = await this.#plan();
    // A chunk is at most a second of the budget, and a step what one statement may read.
    const { source, target } = this.#databases;
    const rows = Math.max(1, Math.min(wanted, source.rowsPerSec, target.rowsPerSec));
    const step =
      scans.length === 0 ? Math.min(stepRows, rows, source.budget.rowsAtOnce, target.budget.rowsAtOnce) : rows;
    const steps = Math.max(1, Math.round(rows / step));
    const parameters = new Parameters();
    const first = inRange(plan, range, parameters);
    const above = keyCompared(
      plan,
      '>=',
      plan.key.map((_, i) => `b.k${i}`),
    );
    const below = inRange(plan, { lo: null, hi: range.hi }, parameters);
    const names = plan.key.map(({ name, sql }, i) => `${sql.order(columnOf(name))} as k${i}`).join(', ');
    const skip = `order by ${keyOrder(plan)} offset ${parameters.add(step)}::int limit 1`;
    const texts = plan.key.map(({ sql }, i) => sql.text(`k${i}`)).join(', ');
    const found = await this.#databases[side].query(
      z.object({ key: z.array(z.string()) }),
      `with recursive b as (
         (select ${names}, 1 as n from ${tableOf(plan)} where ${first} ${skip})
         union all
         select x.*, b.n + 1 from b cross join lateral
           (select ${names} from ${tableOf(plan)} where ${above} and ${below} ${skip}) x
         where b.n < ${parameters.add(steps)}::int
       ) select array[${texts}] as key from b order by n`,
      parameters.values,
    );
    const keys = found.map((row) => row.key);
    const end = keys.length === steps ? (keys.at(-1) ?? null) : null;
    return { inner: end === null ? keys : keys.slice(0, -1), end };
  }

  async digest(side: Side, ranges: readonly KeyRange[]): Promise<readonly RangeDigest[]> {
    const plan = (await this.#plan())[side];
    const digests = await this.#digested[side].read(ranges, async (part) => {
      const parameters = new Parameters();
      const statement = forEachRange(
        plan,
        part,
        parameters,
        (condition) => `select d.n::text, d.s1::text, d.s2::text from (${digestOf(plan, condition)}) d`,
      );
      const rows = await this.#queryFor(side, part)(Digest, statement, parameters.values);
      const found = rows.toSorted((a, b) => a.i - b.i).map((row) => rangeDigest(row.n, row.s1, row.s2));
      return { rows: Number(found.reduce((sum, digest) => sum + digest.rows, 0n)), found };
    });
    return digests.flat();
  }

  async list(side: Side, ranges: readonly KeyRange[]): Promise<readonly KeyHash[]> {
    const plan = (await this.#plan())[side];
    const single = plan.key.length === 1;
    const key = single ? `(${keyTexts(plan)})[1]` : keyTexts(plan);
    const listed = await this.#listed[side].read(ranges, async (part) => {
      const parameters = new Parameters();
      // One row a range, not one a listed row: those cost three times as much to carry.
      const statement = forEachRange(
        plan,
        part,
        parameters,
        (condition) => `select json_agg(k)::text as keys, string_agg(h, ',') as hashes
          from (select ${key} as k, ${listedHash(plan)} as h from ${tableOf(plan)} where ${condition} offset 0) x`,
      );
      const ranged = await this.#queryFor(side, part)(Listed, statement, parameters.values);
      const found = ranged.flatMap(({ keys, hashes }) => {
        if (keys === null || hashes === null) return [];
        const own = hashes.split(',');
        const texts = single ? Strings.parse(JSON.parse(keys)) : Keys.parse(JSON.parse(keys)).map(keyText);
        return texts.map((text, i) => ({ key: text, hash: own[i] ?? '' }));
      });
      return { rows: found.length, found };
    });
    return listed.flat();
  }

  async readVersions(side: Side, keys: readonly string[]): Promise<ReadonlyMap<string, VersionedRows>> {
    const plan = (await this.#plan())[side];
    const database = this.#databases[side];
    await database.budget.take(keys.length);
    return readVersionedRows(database.query, plan, keys);
  }

  /** Ranges with two ends are bounds in arrays, one text however many there are; that of others has their numbers in it. */
  #queryFor(side: Side, ranges: readonly KeyRange[]): RowQuery {
    const { prepared, query } = this.#databases[side];
    return ranges.every(({ lo, hi }) => lo !== null && hi !== null) ? prepared : query;
  }
}
