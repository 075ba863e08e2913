import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const END_MS = 10_000;

/** A process of a benchmark that takes orders and answers, one at a time, by messages. */
export class BenchChild {
  readonly #process: ChildProcess;
  /** Rejects when the process ends, told to or not. */
  readonly ended: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#process = child;
    this.ended = new Promise((_, reject) => {
      child.once('exit', (code, signal) => reject(new Error(`a process of the benchmark ended: ${signal ?? code}`)));
      child.once('error', reject);
    });
    // Nobody need wait for it.
    this.ended.catch(() => undefined);
    // What is sent to one that has ended is told by `ended`.
    child.on('error', () => undefined);
  }

  /** Starts a program of this folder, which says a word when it is ready, with JSON of `setup` as its argument. */
  static async start(program: string, setup: object, flags: readonly string[] = []): Promise<BenchChild> {
    const file = fileURLToPath(new URL(program, import.meta.url));
    const child = new BenchChild(fork(file, [JSON.stringify(setup)], { execArgv: [...process.execArgv, ...flags] }));
    await child.#answer();
    return child;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  tell(order: object | string): void {
    this.#process.send(order);
  }

  /** What it answers to an order. */
  async ask(order: object): Promise<unknown> {
    const answer = this.#answer();
    this.tell(order);
    return answer;
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const late = setTimeout(() => this.#process.kill('SIGKILL'), END_MS);
    if (this.#process.connected) this.tell('end');
    await this.ended.catch(() => undefined);
    clearTimeout(late);
  }

  #answer(): Promise<unknown> {
    return Promise.race([new Promise((done) => this.#process.once('message', done)), this.ended]);
  }
}
