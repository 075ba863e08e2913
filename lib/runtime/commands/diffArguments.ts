import type { MatchRequest } from '../../adapters/postgres/matchTables.ts';
import { BanyanError } from '../../errors.ts';
import { durationOption } from './durationOption.ts';

/** Options of `banyan diff` as they are written on the command line. */
export interface DiffArguments {
  readonly key?: string;
  readonly columns?: string;
  readonly where?: string;
  readonly map?: readonly string[];
  readonly settle: string;
  readonly format: string;
  readonly rowsPerSec?: string;
}

export interface DiffCommand {
  readonly urls: readonly [string, string];
  readonly request: MatchRequest;
  readonly settleMs: number;
  readonly format: 'text' | 'jsonl';
  /** Infinity unless a limit was asked for. */
  readonly rowsPerSec: number;
}

const NAME = '"(?:[^"]|"")+"|[^".:]+';
const QUALIFIED = `(?:(${NAME})\\.)?(${NAME})`;
const TABLES = new RegExp(`^${QUALIFIED}(?::${QUALIFIED})?$`);

/** Reads the command line of `banyan diff`. Throws BanyanError `bad_input` that names the argument and its form. */
export function parseDiffArguments(urlA: string, urlB: string, tables: string, options: DiffArguments): DiffCommand {
  const settleMs = durationOption('--settle', options.settle, '5s or 500ms');
  const { format } = options;
  if (format !== 'text' && format !== 'jsonl') {
    throw new BanyanError('bad_input', `--format ${format}: it is text or jsonl`);
  }
  const rowsPerSec = options.rowsPerSec === undefined ? Number.POSITIVE_INFINITY : Number(options.rowsPerSec);
  if (!(rowsPerSec >= 1)) {
    throw new BanyanError('bad_input', `--rows-per-sec ${options.rowsPerSec} is no number of rows`);
  }
  if (options.where !== undefined && options.where.trim() === '') {
    throw new BanyanError('bad_input', '--where is empty', { fix: `for example --where "warehouse = 3"` });
  }
  return {
    urls: [databaseUrl('first', urlA), databaseUrl('second', urlB)],
    request: {
      ...tablesOf(tables),
      key: namesOf('--key', options.key),
      columns: namesOf('--columns', options.columns),
      renamed: renamedOf(options.map ?? []),
      where: options.where ?? null,
    },
    settleMs,
    format,
    rowsPerSec,
  };
}

function databaseUrl(which: string, text: string): string {
  if (URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)) return text;
  // The text may hold a password: it is not repeated.
  throw new BanyanError('bad_input', `the ${which} address is no PostgreSQL address`, {
    fix: 'write postgresql://user@host:5432/database; the password may come from PGPASSWORD or ~/.pgpass',
  });
}

function tablesOf(text: string): Pick<MatchRequest, 'source' | 'target'> {
  const [, schemaA, tableA, schemaB, tableB] = TABLES.exec(text) ?? [];
  if (tableA === undefined) {
    throw new BanyanError('bad_input', `"${text}" names no table`, {
      fix: 'write table, schema.table, or tableA:tableB where the names differ',
    });
  }
  const source = { schema: unquoted(schemaA) ?? 'public', table: unquoted(tableA) ?? '' };
  const target =
    tableB === undefined ? source : { schema: unquoted(schemaB) ?? source.schema, table: unquoted(tableB) ?? '' };
  return { source, target };
}

function unquoted(name: string | undefined): string | undefined {
  return name?.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

function namesOf(option: string, text: string | undefined): readonly string[] | null {
  if (text === undefined) return null;
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '') || new Set(names).size < names.length) {
    throw new BanyanError('bad_input', `${option} "${text}" is no list of columns`, {
      fix: `for example ${option} sku,warehouse`,
    });
  }
  return names;
}

function renamedOf(pairs: readonly string[]): ReadonlyMap<string, string> {
  const renamed = new Map<string, string>();
  for (const pair of pairs.flatMap((list) => list.split(','))) {
    const [from = '', to = '', ...more] = pair.split('=').map((name) => name.trim());
    if (from === '' || to === '' || more.length > 0 || renamed.has(from)) {
      throw new BanyanError('bad_input', `--map "${pair}" is no pair of columns`, {
        fix: 'write --map a=b: column a of the first table is column b of the second',
      });
    }
    renamed.set(from, to);
  }
  return renamed;
}
