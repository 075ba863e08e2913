import type { ConnectClient } from '../adapters/connect/connectClient.ts';
import { PostgresTableFacts } from '../adapters/postgres/postgresTableFacts.ts';
import type { SourceLoad } from '../adapters/postgres/sourceLoad.ts';
import type { ParsedConfig } from '../configSchema.ts';
import type { Logger } from '../ports/logger.ts';
import type { SettledOffsets } from '../ports/settledOffsets.ts';
import type { VerifyStore } from '../ports/verifyStore.ts';
import { loadGate } from '../services/loadGate.ts';
import type { SweepPorts } from '../services/sweepPass.ts';
import type { VerifiedTable } from '../services/verifiedTable.ts';
import { captureCheck } from './inspectFlows.ts';
import type { SourceDatabases } from './sourceDatabases.ts';

export interface SweepPortsOptions {
  readonly settings: Pick<ParsedConfig, 'verify'>;
  readonly databases: SourceDatabases;
  /** Null where no Kafka Connect is configured. */
  readonly connect: ConnectClient | null;
  /** By database id: one look at a database serves all of its tables. */
  readonly loads: ReadonlyMap<string, SourceLoad>;
  readonly store: VerifyStore;
  /** How far the changes have been verified. */
  readonly settled: SettledOffsets;
  readonly logger: Logger;
}

/** What passes ask besides rows: the catalogues, and whether to give way. */
export function sweepPorts(options: SweepPortsOptions): (table: VerifiedTable) => SweepPorts {
  const { settings, databases, connect, loads, store, settled, logger } = options;
  const { activeConnections, replicaLag, backlog } = settings.verify.pause;
  return ({ mapping }) => {
    const [source, target] = [mapping.source.database, mapping.target.database];
    return {
      facts: new PostgresTableFacts(mapping, databases.get(source), databases.get(target)),
      capture: captureCheck(mapping, databases, connect),
      settled,
      load: loadGate({
        loads: [source, target].flatMap((id) => loads.get(id) ?? []),
        unreadEvents: () => store.unreadEvents(),
        limits: { activeConnections, replicaLagMs: replicaLag, backlog },
        logger,
      }),
    };
  };
}
