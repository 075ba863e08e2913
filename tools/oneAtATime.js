import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 200;

/**
 * Runs `work` while no other process holds the lock file, and returns what it returns. Waits for a holder that runs, after
 * a call of `onWait`; a lock whose holder has ended is taken over. Plain JavaScript, for any Node from 18 on.
 */
export async function oneAtATime(lock, onWait, work) {
  const own = `${lock}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  mkdirSync(dirname(lock), { recursive: true });
  // Linked, not written in place: a lock names its holder from its first moment on.
  writeFileSync(own, String(process.pid));
  try {
    for (let waits = false; !take(own, lock); ) {
      if (!isHeld(lock)) {
        rmSync(lock, { force: true });
        continue;
      }
      if (!waits) onWait();
      waits = true;
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    rmSync(own, { force: true });
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(own, lock) {
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isHeld(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return true;
  } catch (error) {
    // A process of somebody else runs too; a lock that is gone, or whose process is, holds nobody up.
    return error.code === 'EPERM';
  }
}
