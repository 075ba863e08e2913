import { READ_ONLY, READ_WRITE, urlOfNewRole } from '../testReadOnlyRole.ts';
import type { VerifyRig } from './verifyRig.ts';

const APPLIED = {
  kind: 'table',
  query: 'select partition, next_offset from applied_offset where topic = $1',
};

export interface RigConfigOptions {
  /** To each database; the product's default unless given. */
  readonly maxConnections?: number;
  /** Between two passes; shorter than the product's default unless given. */
  readonly every?: string;
  readonly selfTest?: RigSelfTest;
}

/** Rows that the self-test may make wrong; durations as the configuration writes them. */
export interface RigSelfTest {
  readonly keys: readonly string[];
  readonly every?: string;
  readonly patience?: string;
}

/** The rig's banyan.yaml (JSON is YAML). Banyan reads both databases with roles that may not write. */
export async function rigConfig(
  rig: VerifyRig,
  { maxConnections, every = '300ms', selfTest }: RigConfigOptions = {},
): Promise<string> {
  const { table, forward, streaming } = rig;
  const database = async (url: string) => ({
    url: await urlOfNewRole(url, READ_ONLY),
    rowsPerSec: 10_000_000,
    maxConnections,
  });
  const columns = Object.keys(table.columns).filter((column) => !table.key.includes(column));
  return JSON.stringify({
    version: 1,
    migration: { id: 'rig', name: 'Rig' },
    kafka: { brokers: [streaming.kafka], groupId: `banyan-${rig.id}`, startFrom: 'earliest' },
    connect: { url: streaming.connectUrl },
    databases: { source: await database(rig.source.url), target: await database(rig.target.url) },
    verify: { every },
    contexts: [
      {
        id: CONTEXT,
        services: { legacy: 'source', target: 'target', facade: 'facade' },
        tables: [
          {
            id: TABLE,
            source: { database: 'source', table: `public.${table.source}`, key: table.key },
            target: { database: 'target', table: `public.${table.target}`, key: table.key },
            columns: Object.fromEntries(columns.map((column) => [column, column])),
            topic: forward.topic,
            connector: forward.connector,
            heartbeat: { topic: `__debezium-heartbeat.${forward.connector}`, every: '1s' },
            applied: APPLIED,
            ...ownership(rig),
            ...(rig.isTwoWay && {
              reverse: { topic: rig.backward.topic, connector: rig.backward.connector, applied: APPLIED },
            }),
          },
        ],
        ...(selfTest && { selfTest: { table: TABLE, ...selfTest, connection: { url: await writer(rig.target.url) } } }),
      },
    ],
  });
}

const writer = (url: string) => urlOfNewRole(url, READ_WRITE);

/** Who owns each key, as the rig's appliers go by it; it does not change hands. */
function ownership({ ownedByTarget }: VerifyRig): object {
  if (ownedByTarget === null) return {};
  const { from, to } = ownedByTarget;
  const query = `select key, '1' as epoch,
    case when key::bigint between ${from} and ${to} then 'target' else 'source' end as owner from unnest($1::text[]) as key`;
  return { ownership: { source: query, target: query } };
}

/** The rig's one context and mapped table. */
export const CONTEXT = 'rig';
export const TABLE = 'stock';
