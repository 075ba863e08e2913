import { randomUUID } from 'node:crypto';
import { type Kafka, Partitioners, type Producer } from 'kafkajs';
import { isFatal } from './captureFailure.ts';
import { CaptureSession } from './captureSession.ts';
import type { ConnectorConfig, RawConfig } from './connectorConfig.ts';
import type { SourceOffsetFile } from './sourceOffset.ts';

export type ConnectorState = 'RUNNING' | 'PAUSED' | 'STOPPED';

export interface ConnectorOptions {
  readonly raw: RawConfig;
  readonly config: ConnectorConfig;
  readonly kafka: Kafka;
  readonly offsets: SourceOffsetFile;
  readonly log: (text: string) => void;
}

/** One connector: keeps a session running while it should run, tries again what may pass, and fails for good else. */
export class Connector {
  readonly raw: RawConfig;
  readonly offsets: SourceOffsetFile;
  state: ConnectorState = 'STOPPED';
  /** Why the task has failed, if it has. */
  trace: string | undefined;
  private readonly options: ConnectorOptions;
  private running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  constructor(options: ConnectorOptions) {
    this.options = options;
    this.raw = options.raw;
    this.offsets = options.offsets;
  }

  async become(state: ConnectorState): Promise<void> {
    if (state === this.state && this.trace === undefined) return;
    await this.end();
    this.state = state;
    this.trace = undefined;
    if (state !== 'RUNNING') return;
    const abort = new AbortController();
    this.running = { abort, done: this.keepRunning(abort.signal) };
  }

  /** Ends the session; the state stays as it was told. */
  async end(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    running?.abort.abort();
    await running?.done;
  }

  private async keepRunning(signal: AbortSignal): Promise<void> {
    const { config, kafka, offsets, log } = this.options;
    const runId = randomUUID();
    for (let mayStartOver = true; !signal.aborted; mayStartOver = false) {
      const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      const admin = kafka.admin();
      try {
        await connectAll(producer, admin);
        await new CaptureSession({ config, offsets, producer, admin, runId, mayStartOver, signal, log }).run();
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        if (isFatal(error)) {
          this.trace = text;
          log(`connector ${config.name} has failed: ${text}`);
          return;
        }
        log(`connector ${config.name} tries again in ${config.retryWaitMs} ms: ${text}`);
        await waitFor(config.retryWaitMs, signal);
        // A connector that never got as far as its first offset is still starting.
        if (offsets.read() === undefined) mayStartOver = true;
      } finally {
        await Promise.allSettled([producer.disconnect(), admin.disconnect()]);
      }
    }
  }
}

const connectAll = (producer: Producer, admin: { connect(): Promise<void> }): Promise<unknown> =>
  Promise.all([producer.connect(), admin.connect()]);

function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}
