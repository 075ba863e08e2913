import { commandStore } from '../adapters/store/commandStore.ts';
import { StoredSelfTests } from '../adapters/store/selfTestStore.ts';
import { BanyanError, messageOf } from '../errors.ts';
import { runSelfTests } from '../services/runSelfTests.ts';
import type { VerifiedTable } from '../services/verifiedTable.ts';
import { canaryRows } from './canaryRows.ts';
import { pause, systemClock, uuidV7 } from './clocks.ts';
import type { Stoppable } from './lifetime.ts';
import { repeat } from './repeat.ts';
import type { RoleDeps } from './roleDeps.ts';

/** Somebody may wait for a round that was asked for. */
const LOOK_EVERY_MS = 500;

/**
 * Carries out self-tests where the configuration consents, as part of the role `verify`: one loop a context, each with the
 * one connection of Banyan that writes to a watched database.
 */
export function startSelfTests(deps: RoleDeps, tables: readonly VerifiedTable[], owner: string): readonly Stoppable[] {
  return deps.config.migration.contexts.flatMap(({ id, selfTest }) => {
    const table = tables.find((known) => known.context === id && known.table === selfTest?.table);
    const rows = table === undefined ? null : canaryRows(deps.config, id);
    if (selfTest === undefined || table === undefined || rows === null) return [];
    const { database, logger, status } = deps;
    const options = {
      ...{ definition: selfTest, table, rows, owner, clock: systemClock, ids: uuidV7, pause, status },
      store: new StoredSelfTests(database.pool),
      findings: commandStore(database.pool),
    };
    const loop = repeat(`self-test:${id}`, LOOK_EVERY_MS, logger, async (signal) => {
      try {
        await runSelfTests(options, signal);
      } catch (error) {
        const fix = error instanceof BanyanError && error.fix !== undefined ? { fix: error.fix } : {};
        status.report({ part: `self-test:${id}`, state: 'down', detail: messageOf(error), ...fix });
        throw error;
      }
    });
    return [
      {
        name: loop.name,
        async stop() {
          await loop.stop();
          await rows.close();
        },
      },
    ];
  });
}
