import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** True while a process of this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The process id in a file, if that process lives and its command line names the folder (where that can be read). */
function livingPid(pidFile: string, folder: string): number | undefined {
  if (!existsSync(pidFile)) return undefined;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return undefined;
  const commandLine = `/proc/${pid}/cmdline`;
  if (existsSync(commandLine) && !readFileSync(commandLine, 'utf8').includes(folder)) return undefined;
  return pid;
}

async function end(pid: number, signal: NodeJS.Signals): Promise<void> {
  process.kill(pid, signal);
  const giveUpAtMs = Date.now() + 15_000;
  while (isAlive(pid) && Date.now() < giveUpAtMs) await delay(50);
}

/**
 * Ends servers that an earlier demo on this data folder left behind: possible only if it was killed together with the
 * small processes that look after its servers. Call it while holding the folder's lock.
 */
export async function endLeftOvers(dataDir: string): Promise<void> {
  const postgres = livingPid(join(dataDir, 'postgres', 'postmaster.pid'), dataDir);
  const kafkaFolder = join(dataDir, 'kafka');
  const pidFiles = existsSync(kafkaFolder) ? readdirSync(kafkaFolder).filter((name) => name.endsWith('.pid')) : [];
  const jvms = pidFiles.map((name) => livingPid(join(kafkaFolder, name), kafkaFolder));
  await Promise.all([
    postgres === undefined ? undefined : end(postgres, 'SIGINT'),
    ...jvms.map((pid) => (pid === undefined ? undefined : end(pid, 'SIGKILL'))),
  ]);
}
