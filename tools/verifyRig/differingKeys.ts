import type { RigDatabase } from './rigDatabase.ts';
import type { RigTable } from './rigTable.ts';

interface Sides {
  readonly source: RigDatabase;
  readonly target: RigDatabase;
  readonly table: RigTable;
}

/** Keys whose rows differ, read straight from both databases while nothing moves: the truth, without Banyan. */
export async function differingKeys({ source, target, table }: Sides): Promise<readonly string[]> {
  const [left, right] = await Promise.all([rowsOf(source, table.source, table), rowsOf(target, table.target, table)]);
  return [...new Set([...left.keys(), ...right.keys()])].filter((key) => left.get(key) !== right.get(key)).sort();
}

async function rowsOf({ pool }: RigDatabase, name: string, { key }: RigTable): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query(
    `select concat_ws(',', ${key.map((column) => `"${column}"`).join(', ')}) as key, t::text as row from "${name}" t`,
  );
  return new Map(rows.map((row) => [row.key, row.row]));
}
