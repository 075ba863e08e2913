import type { SpanRow } from '../core/trace/span.ts';
import { messageOf } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';
import { sampleOf } from './sourceTally.ts';

const REPORT_EVERY_MS = 5_000;
const RETRY_WHEN_DOWN_SEC = 5;
const MAX_RETRY_SEC = 30;

/** Whether spans reach the store, how fast, and therefore when a refused sender should come again. */
export class SpanStoreHealth {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #status: StatusBoard;
  #isDown = false;
  #reportedMs = 0;
  #stored = 0;
  #spansPerMs = 10;
  #first: SpanRow | undefined;

  constructor(parts: { readonly clock: Clock; readonly logger: Logger; readonly status: StatusBoard }) {
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#status = parts.status;
  }

  wrote(rows: readonly SpanRow[], tookMs: number): void {
    if (this.#isDown) this.#logger.info({}, 'spans are stored again');
    if (rows.length >= 100) this.#spansPerMs += 0.2 * (rows.length / Math.max(tookMs, 1) - this.#spansPerMs);
    this.#stored += rows.length;
    this.#first ??= rows[0];
    const nowMs = this.#clock.nowMs();
    if (!this.#isDown && nowMs - this.#reportedMs < REPORT_EVERY_MS) return;
    this.#isDown = false;
    this.#reportedMs = nowMs;
    this.#status.report({
      part: 'spans',
      state: 'ok',
      detail: `${this.#stored} spans received since the start of this worker`,
      ...(this.#first === undefined ? {} : { sample: sampleOf(this.#first) }),
    });
  }

  failed(error: unknown): void {
    if (!this.#isDown)
      this.#logger.warn({ error: messageOf(error) }, 'spans can not be stored; senders are told to wait');
    this.#isDown = true;
    this.#status.report({
      part: 'spans',
      state: 'down',
      detail: `spans can not be stored, so senders get 503 and keep them: ${messageOf(error)}`,
      fix: 'see the part "store"',
    });
  }

  retryAfterSec(waitingSpans: number): number {
    if (this.#isDown) return RETRY_WHEN_DOWN_SEC;
    return Math.min(MAX_RETRY_SEC, Math.max(1, Math.ceil(waitingSpans / this.#spansPerMs / 1_000)));
  }
}
