import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

export type Operation = 'lookup' | 'adjust' | 'order' | 'transfer';

/** One thing that the load generator caused. */
export interface LedgerEntry {
  readonly at: string;
  readonly operation: Operation;
  /** Order or transfer id. */
  readonly id?: string;
  readonly itemId: number;
  /** ok, failed (a status of 500 and above), refused (4xx), unknown (no answer). */
  readonly outcome: 'ok' | 'failed' | 'refused' | 'unknown';
  readonly status: number;
  readonly route: string;
}

/** Keeps every event that the load caused: each in a file, their counts in memory. */
export class Ledger {
  readonly #file: WriteStream;
  readonly #counts = new Map<string, number>();
  #shed = 0;

  constructor(dataDir: string) {
    mkdirSync(dataDir, { recursive: true });
    this.#file = createWriteStream(join(dataDir, 'ledger.jsonl'), { flags: 'a' });
  }

  add(entry: LedgerEntry): void {
    this.#file.write(`${JSON.stringify(entry)}\n`);
    const key = `${entry.operation} ${entry.route} ${entry.outcome}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** An operation that was due but not begun, because too many were under way. */
  shed(): void {
    this.#shed += 1;
  }

  summary(): { counts: Record<string, number>; shed: number } {
    return { counts: Object.fromEntries([...this.#counts].sort()), shed: this.#shed };
  }

  close(): Promise<void> {
    return new Promise((done) => this.#file.end(done));
  }
}
