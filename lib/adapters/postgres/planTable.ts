import { z } from 'zod';
import type { ColumnMapping, SqlExpression, TableMapping } from '../../core/migration/definition.ts';
import { imageColumns } from '../../core/migration/imageColumns.ts';
import { BanyanError } from '../../errors.ts';
import type { Side } from '../../ports/rowReader.ts';
import { assertReadOnlyRole } from './assertReadOnlyRole.ts';
import { type CatalogueColumn, type CatalogueTable, derivedColumn, findTable } from './catalogue.ts';
import { expressionType } from './columnExpression.ts';
import { type ColumnPlan, type MappedValue, planColumn } from './columnPlan.ts';
import type { CarriedColumn } from './eventValue.ts';
import { planKey } from './keyPlan.ts';
import { keyScans } from './keyScans.ts';
import { findingText, type MappingFinding } from './mappingFinding.ts';
import type { SourceDatabase } from './sourceDatabase.ts';
import { tableFindings } from './tableFindings.ts';
import type { SidePlan } from './tablePlan.ts';

const Server = z.object({ version: z.coerce.number(), standby: z.boolean(), encoding: z.string() });
type Server = z.infer<typeof Server>;
const SERVER = `select current_setting('server_version_num')::int as version, pg_is_in_recovery() as standby,
                       current_setting('server_encoding') as encoding`;
const OLDEST_MAJOR = 14;

/** How rows are hashed, and why so. */
export interface Hashing {
  readonly mode: 'native' | 'sha256';
  readonly why: string;
}

export interface TablePlan {
  readonly source: SidePlan;
  readonly target: SidePlan;
  /** Of the sides whose every range takes a scan; where there is none, ranges may be small. */
  readonly scans: readonly MappingFinding[];
  readonly hashing: Hashing;
}

export interface TableInspection {
  /** Null if a column is refused: a table is compared as it is mapped or not at all. */
  readonly plan: TablePlan | null;
  readonly findings: readonly MappingFinding[];
  /** What the role of each side may do and need not. */
  readonly rights: Readonly<Record<Side, readonly string[]>>;
}

export interface PlanOptions {
  /** Hashes by sha256 though native hashes would do. */
  readonly hashing?: 'sha256';
}

/**
 * Checks roles, servers, tables and columns of both sides and decides how each column is compared.
 * @throws BanyanError with the place and the fix, for refused columns too
 */
export async function planTable(
  mapping: TableMapping,
  from: SourceDatabase,
  to: SourceDatabase,
  options: PlanOptions = {},
): Promise<TablePlan> {
  const { plan, findings } = await inspectTable(mapping, from, to, options);
  if (plan !== null) return plan;
  const refused = findings.filter((finding) => finding.severity === 'refused');
  throw new BanyanError('bad_config', `table ${mapping.id}: ${refused.map(findingText).join('; ')}`, {
    fix: [...new Set(refused.map(({ fix }) => fix))].join('; '),
  });
}

/**
 * Decides as planTable does, and tells of every column what is refused or flagged.
 * @throws BanyanError where there is nothing to decide on: no connection, no right to read, no such table or column
 */
export async function inspectTable(
  mapping: TableMapping,
  from: SourceDatabase,
  to: SourceDatabase,
  options: PlanOptions = {},
): Promise<TableInspection> {
  const [rightsA, rightsB] = await Promise.all([assertReadOnlyRole(from), assertReadOnlyRole(to)]);
  const rights = { source: rightsA, target: rightsB };
  const [serverA, serverB] = await Promise.all([primary(from), primary(to)]);
  const [source, target] = await Promise.all([
    findTable(from, mapping.source, imageColumns(mapping, 'source')),
    findTable(to, mapping.target, imageColumns(mapping, 'target')),
  ]);
  if (mapping.source.key.length !== mapping.target.key.length) {
    throw new BanyanError('bad_config', `table ${mapping.id}: the keys of source and target differ in length`, {
      fix: 'name the same key columns, in the same order, on both sides',
    });
  }
  const hashing = hashingOf(serverA, serverB, options);
  const sides = {
    source: new SideColumns(mapping, 'source', from, source),
    target: new SideColumns(mapping, 'target', to, target),
  };
  await Promise.all([sides.source.checkFilter(), sides.target.checkFilter()]);
  const columns = await Promise.all(
    mapping.columns.map(async (pair) =>
      planColumn(pair, await sides.source.value(pair), await sides.target.value(pair), hashing.mode === 'native'),
    ),
  );
  const keys = mapping.source.key.map((name, i) => {
    const a = columnNamed(source, name);
    const b = columnNamed(target, mapping.target.key[i] ?? name);
    return { source: { name: a.name, sql: planKey(a, b) }, target: { name: b.name, sql: planKey(b, a) } };
  });
  const scans = [
    ...keyScans(
      'source',
      keys.map((key) => key.source),
      source,
    ),
    ...keyScans(
      'target',
      keys.map((key) => key.target),
      target,
    ),
  ];
  const findings = [
    ...scans,
    ...columns.flatMap((column) => column.findings),
    ...tableFindings({ mapping, source, target, keys, encodings: [serverA.encoding, serverB.encoding] }),
  ];
  if (findings.some(({ severity }) => severity === 'refused')) return { plan: null, findings, rights };
  const side = (which: Side): SidePlan => ({
    side: which,
    schema: mapping[which].schema,
    table: mapping[which].table,
    key: keys.map((key) => key[which]),
    columns: columns.flatMap(({ sides }: ColumnPlan) => (sides === null ? [] : [sides[which]])),
    derived: sides[which].derived,
    filter: mapping.filter?.[which] ?? null,
    carried: imageColumns(mapping, which).map((name) => sides[which].carried(name)),
    capture: mapping.capture ?? {},
    hashing: hashing.mode,
  });
  return {
    plan: {
      source: side('source'),
      target: side('target'),
      scans,
      hashing,
    },
    findings,
    rights,
  };
}

/** Mapped values of one side: columns of its table, and expressions over them. */
class SideColumns {
  readonly #side: Side;
  readonly #mapping: TableMapping;
  readonly #database: SourceDatabase;
  readonly #table: CatalogueTable;

  constructor(mapping: TableMapping, side: Side, database: SourceDatabase, table: CatalogueTable) {
    this.#mapping = mapping;
    this.#side = side;
    this.#database = database;
    this.#table = table;
  }

  own(name: string): CatalogueColumn {
    return columnNamed(this.#table, name);
  }

  carried(name: string): CarriedColumn {
    const byValue = this.#mapping.columns.some(
      (pair) =>
        pair.compare === 'semantic' &&
        this.#expression(pair) === undefined &&
        (this.#side === 'source' ? pair.from : pair.to) === name,
    );
    return { ...this.own(name), byText: !byValue };
  }

  get derived(): SidePlan['derived'] {
    return this.#mapping.columns.flatMap((pair) => {
      const expression = this.#expression(pair);
      return expression === undefined ? [] : [{ name: derivedName(pair), expression }];
    });
  }

  async value(pair: ColumnMapping): Promise<MappedValue> {
    const expression = this.#expression(pair);
    if (expression === undefined) {
      return { column: this.own(this.#side === 'source' ? pair.from : pair.to), derived: false };
    }
    const type = await this.#typeOf(`column ${pair.from}`, expression);
    return { column: await derivedColumn(this.#database, derivedName(pair), type), derived: true };
  }

  async checkFilter(): Promise<void> {
    const filter = this.#mapping.filter?.[this.#side];
    if (filter === undefined) return;
    const type = await this.#typeOf('filter', filter);
    if (type === 'boolean') return;
    throw new BanyanError(
      'bad_config',
      `table ${this.#mapping.id}, filter of the ${this.#side}: ${filter.sql} is of type ${type}`,
      {
        fix: 'write a condition',
      },
    );
  }

  #expression(pair: ColumnMapping): SqlExpression | undefined {
    return this.#side === 'source' ? pair.fromSql : pair.toSql;
  }

  #typeOf(what: string, expression: SqlExpression): Promise<string> {
    const place = `table ${this.#mapping.id}, ${what} of the ${this.#side}`;
    const inputs = expression.columns.map((name) => this.own(name));
    return expressionType(this.#database, place, expression, inputs);
  }
}

/** No column of a table has such a name by accident. */
function derivedName(pair: ColumnMapping): string {
  return `banyan:${pair.from}`;
}

function hashingOf(a: Server, b: Server, options: PlanOptions): Hashing {
  const [majorA, majorB] = [majorOf(a), majorOf(b)];
  if (options.hashing === 'sha256') return { mode: 'sha256', why: 'asked for' };
  if (majorA !== majorB)
    return { mode: 'sha256', why: `PostgreSQL ${majorA} and ${majorB} may hash one value in two ways` };
  if (a.encoding !== b.encoding)
    return { mode: 'sha256', why: `${a.encoding} and ${b.encoding} hash one text in two ways` };
  return { mode: 'native', why: `both sides are PostgreSQL ${majorA}` };
}

async function primary(database: SourceDatabase): Promise<Server> {
  const [server] = await database.query(Server, SERVER);
  if (server === undefined) throw new BanyanError('internal', `database ${database.id} did not describe itself`);
  if (server.standby) {
    throw new BanyanError(
      'bad_config',
      `database ${database.id} is a standby: its snapshots do not tell which changes are visible`,
      {
        fix: `give databases.${database.id}.url the address of the primary`,
      },
    );
  }
  if (majorOf(server) < OLDEST_MAJOR) {
    throw new BanyanError('unsupported', `database ${database.id} is PostgreSQL ${majorOf(server)}`, {
      fix: `upgrade it to ${OLDEST_MAJOR} or later`,
    });
  }
  return server;
}

function majorOf({ version }: Server): number {
  return Math.floor(version / 10_000);
}

function columnNamed(table: CatalogueTable, name: string): CatalogueColumn {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw new BanyanError('internal', `column ${name} was not looked up`);
  return column;
}
