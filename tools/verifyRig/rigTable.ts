/** One table of the rig's estate, of the same shape on both sides. */
export interface RigTable {
  /** Names in schema public. */
  readonly source: string;
  readonly target: string;
  readonly key: readonly string[];
  /** SQL type of each column, the key's among them. */
  readonly columns: Readonly<Record<string, string>>;
}

/** A stock of items: a bigint key and the types that such a table has. */
export const STOCK: RigTable = {
  source: 'inventory',
  target: 'stock_level',
  key: ['item_id'],
  columns: {
    item_id: 'bigint',
    sku: 'text',
    quantity: 'int',
    reserved: 'int',
    price: 'numeric(12,2)',
    updated_at: 'timestamptz',
    attrs: 'jsonb',
  },
};

/** Rows `from`..`to` of the stock, `$1` and `$2`. */
export const FILL_STOCK = `insert into inventory (item_id, sku, quantity, reserved, price, updated_at, attrs)
  select i, 'SKU-' || lpad(i::text, 8, '0'), 100 + i % 50, i % 7, (i % 1000) / 100.0,
    timestamptz '2026-01-01' + i * interval '1 second', jsonb_build_object('shelf', 'A-' || i % 97, 'weight', i % 500)
  from generate_series($1::bigint, $2::bigint) i`;

/** The statement that makes the table under this name. */
export function createTable(name: string, { key, columns }: RigTable): string {
  const list = Object.entries(columns).map(([column, type]) => `"${column}" ${type}`);
  return `create table "${name}" (${list.join(', ')}, primary key (${key.map((column) => `"${column}"`).join(', ')}));
    alter table "${name}" replica identity full`;
}
