import type { StillTables } from './stillTables.ts';

interface StillConfig {
  readonly tables: Pick<StillTables, 'fromUrl' | 'toUrl'>;
  readonly broker: string;
  /** Prefix of the change topic. */
  readonly topicPrefix: string;
  /** Lines of their own, indented as they stand in the file. */
  readonly top?: string;
  readonly ofTable?: string;
  readonly moreTables?: string;
}

/** The banyan.yaml that maps the still tables as `stock` of the context `inventory`. */
export function stillConfig({ tables, broker, topicPrefix, top = '', ofTable = '', moreTables = '' }: StillConfig) {
  return `version: 1
migration: { id: acme, name: Acme shop }
kafka: { brokers: ['${broker}'] }
${top}
databases:
  monolith: { url: '${tables.fromUrl}' }
  inventory: { url: '${tables.toUrl}' }
contexts:
  - id: inventory
    services: { legacy: a, target: b, facade: c }
    tables:
      - id: stock
        source: { database: monolith, table: public.inventory, key: [item_id] }
        target: { database: inventory, table: public.stock_level, key: [item_id] }
        columns: { sku: sku, quantity: quantity, price: price, seen_at: seen_at }
        topic: ${topicPrefix}.public.inventory
${ofTable}
        applied: { kind: table, query: 'select partition, next_offset from applied_offset where topic = $1' }
${moreTables}`;
}
