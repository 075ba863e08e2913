import type pg from 'pg';
import { patiently } from './patiently.ts';

/** One open finding, as the store keeps it. */
export interface RigFinding {
  readonly key: string;
  readonly state: string;
  readonly kind: string;
  readonly leg: string;
  readonly columns: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What Banyan has found, read from its store. */
export class RigVerdicts {
  readonly #store: pg.Pool;

  constructor(store: pg.Pool) {
    this.#store = store;
  }

  /** Findings that are open now. */
  async open(): Promise<readonly RigFinding[]> {
    const { rows } = await this.#store.query<RigFinding>(
      'select key, state, kind, leg, columns, detail from divergence where resolved_at is null order by key',
    );
    return rows;
  }

  /** Leg of each key that is DIVERGED now. */
  async diverged(): Promise<Readonly<Record<string, string>>> {
    return legsOf((await this.open()).filter(({ state }) => state === 'DIVERGED'));
  }

  /** Leg of each key that was DIVERGED at any time, whatever came of it. */
  async everDiverged(): Promise<Readonly<Record<string, string>>> {
    return legsOf(await this.divergences());
  }

  /** Every finding that is DIVERGED, resolved ones too, by the time when it was first seen. */
  async divergences(): Promise<readonly RigFinding[]> {
    const { rows } = await this.#store.query<RigFinding>(
      `select key, state, kind, leg, columns, detail from divergence where state = 'DIVERGED' order by first_seen_at`,
    );
    return rows;
  }

  /** Resolves when a worker has made the store's tables and begun its first pass. */
  async begun(): Promise<void> {
    await patiently('the first pass begun', async () => {
      const { rows } = await this.#store.query("select to_regclass('verify_run') is not null as made");
      if (!rows[0].made) return undefined;
      return (await this.#store.query('select from verify_run limit 1')).rowCount === 1 ? true : undefined;
    });
  }

  /** Rows compared by passes that are complete. */
  async rowsCompared(): Promise<number> {
    const { rows } = await this.#store.query(
      `select coalesce(sum(rows_compared), 0)::int as n from verify_run where state = 'complete'`,
    );
    return rows[0].n;
  }

  /** Changes that were followed until their row was CLEAN. */
  async changesFoundClean(): Promise<number> {
    const { rows } = await this.#store.query(
      `select coalesce(sum(n), 0)::int as n from kpi_bucket where indicator = 'consistency' and cohort = 'verified'`,
    );
    return rows[0].n;
  }

  /** Resolves when so many passes have begun and ended from now on. */
  async passes(count: number, withinMs?: number): Promise<void> {
    const { rows } = await this.#store.query('select clock_timestamp() as at');
    const from: Date = rows[0].at;
    await patiently(
      `${count} passes`,
      async () => {
        const done = await this.#store.query(
          `select count(*)::int as n from verify_run where state = 'complete' and started_at > $1`,
          [from],
        );
        return done.rows[0].n >= count ? true : undefined;
      },
      withinMs,
    );
  }

  /** Resolves when the keys that are DIVERGED are these, with these legs; `a|b` stands for either. */
  async becomes(expected: Readonly<Record<string, string>>, withinMs?: number): Promise<void> {
    let found: Readonly<Record<string, string>> = {};
    await patiently(
      'the expected keys DIVERGED',
      async () => {
        found = await this.diverged();
        return sameLegs(found, expected) ? true : undefined;
      },
      withinMs,
    ).catch(async () => {
      const others = (await this.open()).filter(
        ({ key, leg }) => !sameLegs({ [key]: leg }, { [key]: expected[key] ?? '' }),
      );
      const why = others.slice(0, 20).map(({ key, state, leg, detail }) => `${key} ${state} ${leg}: ${detail.reason}`);
      throw new Error(
        `DIVERGED are ${JSON.stringify(found)}; expected ${JSON.stringify(expected)}; otherwise are ${why.join(' | ')}; status ${JSON.stringify(await this.status())}`,
      );
    });
  }

  /** Newest report of each part. */
  async status(): Promise<Readonly<Record<string, string>>> {
    const { rows } = await this.#store.query('select part, state, detail from part_status order by part');
    return Object.fromEntries(rows.map((row) => [row.part, `${row.state}: ${row.detail}`]));
  }
}

function legsOf(findings: readonly { readonly key: string; readonly leg: string }[]): Record<string, string> {
  return Object.fromEntries(findings.map(({ key, leg }) => [key, leg]));
}

/** True if the keys are the same and each leg is one of those expected, `a|b` standing for either. */
export function sameLegs(found: Readonly<Record<string, string>>, expected: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(expected);
  return (
    keys.length === Object.keys(found).length &&
    keys.every((key) => expected[key]?.split('|').includes(found[key] ?? ''))
  );
}
