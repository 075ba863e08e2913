import { existsSync, readFileSync } from 'node:fs';

const STAT = '/proc/stat';
const SAMPLE_MS = 20;

/**
 * Notes when the host gave this machine's processors to others (`steal` of Linux's /proc/stat, in hundredths of a
 * second, looked at every 20 ms). A benchmark leaves out what fell into such a moment: no work of its own is to blame.
 * Where the system does not tell, nothing counts as stolen.
 */
export class StolenTime {
  readonly #spans: { readonly fromMs: number; readonly toMs: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #ticks = stolenTicks();
  #atMs = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS);
  }

  /** Looks a last time, once a tick that is just ending has been written down. */
  async stop(): Promise<void> {
    await new Promise((done) => setTimeout(done, SAMPLE_MS));
    clearInterval(this.#timer);
    this.#look();
  }

  /** True if any of this time, of performance.now(), was stolen, or may have been. */
  touches(fromMs: number, toMs: number): boolean {
    return this.#spans.some((span) => span.fromMs < toMs && span.toMs > fromMs);
  }

  #look(): void {
    const [ticks, atMs] = [stolenTicks(), performance.now()];
    if (ticks !== this.#ticks) this.#spans.push({ fromMs: this.#atMs, toMs: atMs });
    this.#ticks = ticks;
    this.#atMs = atMs;
  }
}

/** Of all processors together since the machine's start. */
function stolenTicks(): number {
  if (!existsSync(STAT)) return 0;
  const [first = ''] = readFileSync(STAT, 'utf8').split('\n');
  return Number(first.split(/\s+/)[8] ?? 0);
}
