import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from './demoError.ts';

/**
 * The order in which the parts of the demo stop: what makes traffic first, what keeps data last. Parts of one phase stop
 * side by side; Banyan and the services don't know of each other.
 */
export const STOP_ORDER = ['control', 'load', 'facade', 'services and Banyan', 'infra'] as const;
export type StopPhase = (typeof STOP_ORDER)[number];

export interface Part {
  readonly name: string;
  stop(): Promise<void>;
  kill(): void;
}

/** Everything that runs, so that it can be stopped in order, or at once. */
export class Parts {
  readonly #parts = new Map<StopPhase, Part[]>();

  add(phase: StopPhase, part: Part): void {
    this.#parts.set(phase, [...(this.#parts.get(phase) ?? []), part]);
  }

  /** Stops phase after phase; what has not ended when the time is up is killed. */
  async stopAll(withinMs: number, log: (line: string) => void): Promise<void> {
    const timeUp = new AbortController();
    const inOrder = (async () => {
      for (const phase of STOP_ORDER) {
        const parts = this.#parts.get(phase) ?? [];
        if (parts.length > 0 && phase !== 'infra') log(`stopping ${parts.map((part) => part.name).join(', ')}`);
        await Promise.all(
          parts.map((part) =>
            part.stop().catch((error: unknown) => log(`${part.name} did not stop cleanly: ${describeError(error)}`)),
          ),
        );
        this.#parts.delete(phase);
      }
    })();
    const deadline = delay(withinMs, undefined, { signal: timeUp.signal }).then(
      () => {
        log(`not stopped within ${withinMs / 1000} s: killing what is left`);
        this.killAll();
      },
      () => undefined,
    );
    await Promise.race([inOrder, deadline]);
    timeUp.abort();
    // What was killed ends at once; PostgreSQL is asked last and always in good order.
    await Promise.race([inOrder, delay(1_000)]);
  }

  killAll(): void {
    for (const part of [...this.#parts.values()].flat()) part.kill();
  }
}
