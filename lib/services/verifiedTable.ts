import type { AppliedPosition, SagaCorrelation, TableMapping } from '../core/migration/definition.ts';
import { imageColumns } from '../core/migration/imageColumns.ts';
import type { AppliedPositionSource } from '../ports/appliedPosition.ts';
import type { CaptureFence } from '../ports/captureFence.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import type { EventSource } from '../ports/eventSource.ts';
import type { KeyReader } from '../ports/keyReader.ts';
import type { Logger } from '../ports/logger.ts';
import type { Pause } from '../ports/pause.ts';
import type { RowReader, Side } from '../ports/rowReader.ts';
import type { VerifyStore, VerifyTarget } from '../ports/verifyStore.ts';
import { ChangeWindow } from './changeWindow.ts';
import { FlowWatch } from './flowWatch.ts';
import type { WindowMemory } from './windowMemory.ts';

/** How large, how long and how often; times in ms. */
export interface VerifyLimits {
  readonly firstChunkRows: number;
  readonly minChunkRows: number;
  readonly maxChunkRows: number;
  /** A chunk's statement should take about this long. */
  readonly chunkAimMs: number;
  readonly leaseMs: number;
  /** Differing keys looked at together. */
  readonly keysAtOnce: number;
  /** Looks at a key that keeps changing, before it is PENDING. */
  readonly tries: number;
  /** How long one look waits for capture, and for the applier. */
  readonly patienceMs: number;
  readonly stalledAfterMs: number;
}

export const VERIFY_LIMITS: VerifyLimits = {
  firstChunkRows: 10_000,
  minChunkRows: 1_000,
  maxChunkRows: 100_000,
  chunkAimMs: 1_000,
  leaseMs: 30_000,
  keysAtOnce: 500,
  tries: 5,
  patienceMs: 5_000,
  stalledAfterMs: 10_000,
};

export interface VerifiedTableOptions {
  readonly context: string;
  readonly mapping: TableMapping;
  readonly reader: RowReader;
  readonly keyReader: KeyReader;
  readonly store: VerifyStore;
  /** The logs of the change topics; the windows are fed by `followTopics` from the same source. */
  readonly log: Pick<EventSource, 'ranges'>;
  /** The committed offsets of a consumer group, for mappings whose applied position they are. */
  readonly groupOffsets?: (groupId: string) => AppliedPositionSource;
  /** The connectors' committed offsets; null where no connector is configured. */
  readonly fence: CaptureFence | null;
  readonly reverseFence: CaptureFence | null;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly pause: Pause;
  readonly logger: Logger;
  readonly limits?: Partial<VerifyLimits>;
  /** For the change events of this table and others. */
  readonly memory?: WindowMemory;
  /** How the sagas of the context are told from a record's headers. */
  readonly sagas?: readonly SagaCorrelation[];
}

/** One mapped table with what its verification remembers between passes. */
export interface VerifiedTable extends VerifyTarget {
  readonly mapping: TableMapping;
  readonly reader: RowReader;
  readonly keyReader: KeyReader;
  readonly store: VerifyStore;
  readonly forward: FlowWatch;
  readonly reverse: FlowWatch | null;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly pause: Pause;
  readonly logger: Logger;
  readonly limits: VerifyLimits;
  readonly sagas: readonly SagaCorrelation[];
}

export function verifiedTable(options: VerifiedTableOptions): VerifiedTable {
  const { context, mapping, reader, keyReader, store, clock, ids, pause, logger } = options;
  const windowOf = (writer: Side, topic: string) =>
    new ChangeWindow({
      topic,
      columns: { key: mapping[writer].key, compared: imageColumns(mapping, writer) },
      pause,
      ...(options.memory === undefined ? {} : { memory: options.memory }),
    });
  const there = windowOf('source', mapping.topic);
  const back = mapping.reverse === undefined ? null : windowOf('target', mapping.reverse.topic);
  const groupOf = (applied: AppliedPosition) =>
    applied.kind === 'group' ? (options.groupOffsets?.(applied.groupId) ?? null) : null;
  const watched = { reader: keyReader, log: options.log, clock, pause };
  return {
    context,
    table: mapping.id,
    mapping,
    reader,
    keyReader,
    store,
    clock,
    pause,
    ids,
    logger,
    limits: { ...VERIFY_LIMITS, ...options.limits },
    sagas: options.sagas ?? [],
    forward: new FlowWatch({
      ...watched,
      window: there,
      back,
      writer: 'source',
      group: groupOf(mapping.applied),
      fence: options.fence,
    }),
    reverse:
      mapping.reverse === undefined || back === null
        ? null
        : new FlowWatch({
            ...watched,
            window: back,
            back: there,
            writer: 'target',
            group: groupOf(mapping.reverse.applied),
            fence: options.reverseFence,
          }),
  };
}

/** The windows of a table, to be fed. */
export function windowsOf({ forward, reverse }: VerifiedTable): readonly ChangeWindow[] {
  return reverse === null ? [forward.window] : [forward.window, reverse.window];
}
