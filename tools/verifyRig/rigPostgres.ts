import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startEmbeddedPostgres } from '../../lib/adapters/embedded/embeddedPostgres.ts';

/** A PostgreSQL server of its own for a rig outside the test runner. */
export async function startRigPostgres(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync('/tmp/banyan-rig-pg-');
  // As root, PostgreSQL runs as another user, who must get in.
  chmodSync(folder, 0o755);
  const server = await startEmbeddedPostgres({
    dataDir: join(folder, 'pg'),
    port: await freePort(),
    flags: ['-c', 'fsync=off', '-c', 'shared_buffers=256MB'],
  });
  return {
    url: server.url('postgres'),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
