import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../lib/adapters/store/database.ts';
import { startStatusBoard } from '../../lib/adapters/store/statusBoard.ts';
import { loadConfig } from '../../lib/config.ts';
import { namedParts } from '../../lib/runtime/namedParts.ts';
import type { RoleDeps } from '../../lib/runtime/roleDeps.ts';
import { startVerifyRole } from '../../lib/runtime/verifyRole.ts';
import { startIngestRole } from '../../lib/runtime/workerRoles.ts';
import { type RigConfigOptions, rigConfig } from './rigConfig.ts';
import { RigVerdicts } from './rigVerdicts.ts';
import type { VerifyRig } from './verifyRig.ts';

/** Banyan's ingest and verifier over a rig, and what they have found so far. */
export interface RigBanyan {
  readonly verdicts: RigVerdicts;
  stop(): Promise<void>;
}

const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

/** Writes the rig's configuration into a folder of its own; both are gone with `remove`. */
export async function writeRigConfig(
  rig: VerifyRig,
  options: RigConfigOptions = {},
): Promise<{ readonly file: string; remove(): void }> {
  const folder = mkdtempSync('/tmp/banyan-rig-config-');
  const file = join(folder, 'banyan.yaml');
  writeFileSync(file, await rigConfig(rig, options));
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Starts the roles `ingest` and `verify` in this process, as the worker starts them. */
export async function startRigBanyan(rig: VerifyRig, options?: RigConfigOptions): Promise<RigBanyan> {
  const { file, remove } = await writeRigConfig(rig, options);
  const database = await openDatabase({
    url: rig.store.url,
    applicationName: 'rig banyan',
    maxConnections: 12,
    migrate: true,
  });
  const config = loadConfig(file);
  const status = startStatusBoard(database.pool, 'rig', QUIET, namedParts(config));
  const deps: RoleDeps = { config, database, logger: QUIET, status };
  const ingest = await startIngestRole(deps);
  const verify = await startVerifyRole(deps);
  return {
    verdicts: new RigVerdicts(rig.store.pool),
    async stop() {
      await verify.stop();
      await ingest.stop();
      await status.stop();
      await database.close();
      remove();
    },
  };
}
