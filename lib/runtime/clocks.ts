// The one place where time, randomness and waiting come from.
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Ids } from '../ports/clock.ts';
import type { Pause } from '../ports/pause.ts';

export const systemClock: Clock = { nowMs: () => Date.now() };

/** UUIDs of version 7: unique, and in the order of their making. */
export const uuidV7: Ids = {
  next() {
    const hex = Date.now().toString(16).padStart(12, '0');
    const tail = randomBytes(10).toString('hex');
    const variant = ((Number.parseInt(tail.slice(4, 5), 16) & 3) | 8).toString(16);
    return `${hex.slice(0, 8)}-${hex.slice(8)}-7${tail.slice(1, 4)}-${variant}${tail.slice(5, 8)}-${tail.slice(8)}`;
  },
};

/** A name that no other process has. */
export const processName = (): string => randomUUID();

export const sleep = (ms: number): Promise<void> => wait(ms);

export const pause: Pause = (ms, signal) =>
  wait(ms, undefined, { signal }).then(
    () => undefined,
    () => undefined,
  );
