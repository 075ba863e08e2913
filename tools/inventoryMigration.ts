import type { Migration, SagaDefinition, TableMapping } from '../lib/core/migration/definition.ts';

export interface InventoryMigrationOptions {
  readonly topic: string;
  readonly heartbeat?: TableMapping['heartbeat'];
  /** Mapped as they are, compared exactly. */
  readonly columns: readonly string[];
  /** The applier's consumer group. */
  readonly groupId: string;
  readonly sagas?: readonly SagaDefinition[];
}

/** A migration of one table and, if wanted, sagas, for tests and benches of the ingest. */
export function inventoryMigration(options: InventoryMigrationOptions): Migration {
  const { topic, heartbeat, columns, groupId, sagas = [] } = options;
  return {
    id: 'acme',
    name: 'Acme',
    contexts: [
      {
        id: 'inventory',
        name: 'Inventory',
        plan: 'strangler-six',
        services: { legacy: 'monolith', target: 'inventory-service', facade: 'facade' },
        routes: [],
        tables: [
          {
            id: 'inventory',
            source: { database: 'monolith', schema: 'public', table: 'inventory', key: ['item_id'] },
            target: { database: 'inventory', schema: 'public', table: 'stock_level', key: ['item_id'] },
            columns: columns.map((column) => ({ from: column, to: column, compare: 'exact' })),
            topic,
            heartbeat,
            applied: { kind: 'group', groupId },
          },
        ],
        sagas,
        telemetry: { sampling: 'none' },
        criteria: {},
        waivers: [],
        relaxed: false,
      },
    ],
  };
}
