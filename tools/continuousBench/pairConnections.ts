import { setTimeout as sleep } from 'node:timers/promises';
import type { VerifyRig } from '../verifyRig/verifyRig.ts';

/** Seldom enough to take no time from what is measured; a read takes some 20 ms, and there are hundreds. */
const LOOK_EVERY_MS = 100;

/** Counts the sessions in which the verifier reads rows by key: the larger number of the two sides. */
export function countPairConnections(rig: VerifyRig): { stop(): Promise<number> } {
  const seen = new Map<string, Set<number>>();
  let stopped = false;
  const counting = (async () => {
    while (!stopped) {
      const { rows } = await rig.source.pool.query<{ datname: string; pid: number }>(
        `select datname, pid from pg_stat_activity
         where application_name = 'banyan verify' and query like 'select pg\\_current\\_snapshot()%'`,
      );
      for (const { datname, pid } of rows) seen.set(datname, (seen.get(datname) ?? new Set()).add(pid));
      await sleep(LOOK_EVERY_MS);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await counting;
      return Math.max(...[...seen.values()].map((pids) => pids.size));
    },
  };
}
