import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 200;
const TOUCH_EVERY_MS = 1_000;
/** A lock that was not touched for so long, as seen by who waits, has no holder any more. */
const DEAD_AFTER_MS = 10_000;

/**
 * Runs `work` while no other process holds the lock file, and returns what it returns. Waits for a holder, after a call
 * of `onWait`; one that was killed is waited for `deadAfterMs`. No process id is asked: another process may have it by
 * now, or the holder run in another container. Plain JavaScript, for any Node from 18 on.
 */
export async function oneAtATime(lock, onWait, work, deadAfterMs = DEAD_AFTER_MS) {
  mkdirSync(dirname(lock), { recursive: true });
  const token = `${process.pid} ${Math.random().toString(36).slice(2)}`;
  let seen = { touchedMs: Number.NaN, sinceMs: 0 };
  for (let waits = false; !take(lock, token); waits = true) {
    if (!waits) onWait();
    const touchedMs = touchedAt(lock);
    if (touchedMs !== seen.touchedMs) seen = { touchedMs, sinceMs: performance.now() };
    else if (touchedMs !== undefined && performance.now() - seen.sinceMs >= deadAfterMs) {
      takeAway(lock, touchedMs);
      continue;
    }
    await sleep(LOOK_EVERY_MS);
  }
  const release = () => holderOf(lock) === token && rmSync(lock, { force: true });
  const touches = setInterval(
    () => holderOf(lock) === token && utimesSync(lock, new Date(), new Date()),
    TOUCH_EVERY_MS,
  );
  // Whoever ends this process in the middle of the work leaves no lock behind.
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(touches);
    process.off('exit', release);
    release();
  }
}

function take(lock, token) {
  try {
    writeFileSync(lock, token, { flag: 'wx' });
    return true;
  } catch (error) {
    // Windows says EPERM of a file that is just being deleted.
    if (error.code === 'EEXIST' || (error.code === 'EPERM' && process.platform === 'win32')) return false;
    throw error;
  }
}

function touchedAt(lock) {
  return statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
}

function holderOf(lock) {
  try {
    return readFileSync(lock, 'utf8');
  } catch {
    return undefined;
  }
}

/** Moved away at first: of several that wait only one gets it, and a lock that somebody has taken meanwhile goes back. */
function takeAway(lock, touchedMs) {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  if (touchedAt(aside) === touchedMs) rmSync(aside, { force: true });
  else renameSync(aside, lock);
}
