import type { Clock } from '../../ports/clock.ts';
import type { ReadStore } from '../../ports/readStore.ts';

/** What every reading use case needs. */
export interface Reading {
  readonly store: ReadStore;
  readonly clock: Clock;
}
