import type { SpanRow } from '../core/trace/span.ts';
import type { SpanReceipt } from '../ports/spanIngest.ts';
import type { Timer } from '../ports/timer.ts';
import type { RefusedSpan } from './sourceTally.ts';

/** One request, judged, until its transaction has an outcome. */
export interface WaitingRequest {
  readonly rows: readonly SpanRow[];
  readonly refused: readonly RefusedSpan[];
  readonly done: (receipt: SpanReceipt) => void;
  readonly fail: (error: unknown) => void;
}

export interface SpanGathererOptions {
  readonly limits: { readonly gatherMs: number; readonly gatherSpans: number; readonly maxTransactions: number };
  readonly timer: Timer;
  /** Writes a batch and settles each of its requests; never rejects. */
  readonly settle: (requests: readonly WaitingRequest[]) => Promise<void>;
}

/**
 * Groups requests into transactions: by size, or when the oldest has waited long enough. What waits is bounded by the
 * byte budget of which each request holds a part.
 */
export class SpanGatherer {
  readonly #options: SpanGathererOptions;
  #waiting: WaitingRequest[] = [];
  #waitingSpans = 0;
  #running = 0;
  #isDue = false;
  #cancelTimer: (() => void) | undefined;
  readonly #drained: (() => void)[] = [];

  constructor(options: SpanGathererOptions) {
    this.#options = options;
  }

  get waitingSpans(): number {
    return this.#waitingSpans;
  }

  get running(): number {
    return this.#running;
  }

  add(request: Pick<WaitingRequest, 'rows' | 'refused'>): Promise<SpanReceipt> {
    return new Promise((done, fail) => {
      this.#waiting.push({ ...request, done, fail });
      this.#waitingSpans += request.rows.length;
      this.#next();
    });
  }

  drain(): Promise<void> {
    if (this.#waiting.length === 0 && this.#running === 0) return Promise.resolve();
    this.#isDue = true;
    this.#next();
    return new Promise((done) => this.#drained.push(done));
  }

  #next(): void {
    const { limits, timer } = this.#options;
    while (this.#waiting.length > 0 && this.#running < limits.maxTransactions) {
      if (this.#waitingSpans < limits.gatherSpans && !this.#isDue) {
        this.#cancelTimer ??= timer.after(limits.gatherMs, () => {
          this.#cancelTimer = undefined;
          this.#isDue = true;
          this.#next();
        });
        return;
      }
      this.#start(this.#take());
    }
  }

  #start(requests: readonly WaitingRequest[]): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#isDue = this.#drained.length > 0;
    this.#running += 1;
    void this.#options.settle(requests).finally(() => {
      this.#running -= 1;
      this.#next();
      if (this.#running === 0 && this.#waiting.length === 0) for (const wake of this.#drained.splice(0)) wake();
    });
  }

  /** Whole requests up to the size of a transaction; a larger request goes alone. */
  #take(): WaitingRequest[] {
    let spans = 0;
    let count = 0;
    for (const request of this.#waiting) {
      if (count > 0 && spans + request.rows.length > this.#options.limits.gatherSpans) break;
      spans += request.rows.length;
      count += 1;
    }
    this.#waitingSpans -= spans;
    return this.#waiting.splice(0, count);
  }
}
