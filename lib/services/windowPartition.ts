// One partition of a change topic as the verifier holds it: every event from an offset on, by key. Whatever breaks the
// record of events (a gap, a topic made anew, a record that can't be read) begins it again: nothing that was held
// before counts any more, and verdicts wait until the applier has passed the new beginning.
import type { ColumnShape } from '../core/cdc/columnShape.ts';
import { type Change, decodeCdc, type UsedColumns } from '../core/cdc/debezium.ts';
import { NOTHING_COUNTED, RedeliveryFilter } from '../core/cdc/redelivery.ts';
import type { HeldSince } from '../core/consistency/flowEvidence.ts';
import { messageOf } from '../errors.ts';
import type { RecordMark } from '../ports/continuousStore.ts';
import type { SourceBatch, SourceRecord } from '../ports/eventSource.ts';
import { KeyedEvents } from './keyedEvents.ts';
import { isMarked, isSameRecord, type LastRecord } from './lastRecord.ts';
import { RecordMarks } from './recordMarks.ts';
import type { SettledMark, WindowEvent } from './windowEvent.ts';
import { windowKey } from './windowKey.ts';

/** What a batch brought: the changes of rows, repeats among them. */
export interface Added {
  readonly changes: readonly WindowEvent[];
  /** Offset of the last TRUNCATE in it, or null. */
  readonly truncatedAt: bigint | null;
}

/** What an event costs beside its texts. */
const EVENT_BYTES = 400;

export class WindowPartition {
  readonly topic: string;
  readonly part: number;
  readonly #columns: UsedColumns;
  readonly #shape: ColumnShape;
  #held = new KeyedEvents();
  #filter = new RedeliveryFilter(NOTHING_COUNTED);
  #base: bigint;
  #end: bigint;
  #generation = 0;
  #cause: string | null = null;
  #lost = 0n;
  #logs = 1;
  #lastCommitLsn: bigint | null = null;
  #last: LastRecord | null = null;
  #heldSince: HeldSince;
  /** A record of the log that was verified before this one began to be held, until it has come again. */
  #before: RecordMark | null;
  #marks = new RecordMarks();

  constructor(
    topic: string,
    part: number,
    base: bigint,
    columns: UsedColumns,
    shape: ColumnShape,
    before: RecordMark | null,
  ) {
    this.topic = topic;
    this.part = part;
    this.#base = base;
    this.#end = base;
    this.#heldSince = heldSinceOf(base);
    this.#columns = columns;
    this.#before = before;
    this.#shape = shape;
  }

  /** Every event from here on is held, or was settled before it was forgotten. */
  get base(): bigint {
    return this.#base;
  }

  /** Next offset to be read. */
  get end(): bigint {
    return this.#end;
  }

  /** Grows whenever the record of events began again: the base then needs a new transaction id (A6). */
  get generation(): number {
    return this.#generation;
  }

  /** Why it began again last; null if it never did. */
  get cause(): string | null {
    return this.#cause;
  }

  /** Offsets that were passed without their changes being told: dropped before they were read, or not readable. */
  get lost(): bigint {
    return this.#lost;
  }

  /** How many logs were read here: one more whenever the topic turned out to be made anew. */
  get logs(): number {
    return this.#logs;
  }

  /** Newest `source.sequence[0]`: every commit up to it has been read here. */
  get lastCommitLsn(): bigint | null {
    return this.#lastCommitLsn;
  }

  /** From which place in the source's log on nothing that was captured here has been forgotten. */
  get heldSince(): HeldSince {
    return this.#heldSince;
  }

  get bytes(): number {
    return this.#held.bytes;
  }

  get keys(): Iterable<string> {
    return this.#held.keys;
  }

  /** Where to go on reading: a record that is known comes again, to see that it is the same log. */
  get resumeAt(): bigint {
    const known = this.#last?.offset ?? this.#before?.offset ?? this.#end;
    return known < this.#end ? known : this.#end;
  }

  /** The newest known record below the offset; those before it are forgotten. */
  markBelow(offset: bigint): RecordMark | null {
    return this.#marks.below(offset);
  }

  /** The key's events by offset. */
  events(key: string): readonly WindowEvent[] {
    return this.#held.events(key);
  }

  /** Keys with an event at most about `distance` from one of these offsets, in one walk over what is held. */
  keysNear(offsets: readonly bigint[], distance: bigint): readonly string[] {
    return this.#held.keysNear(offsets, distance);
  }

  add(batch: SourceBatch): Added {
    this.#checkLog(batch);
    this.#checkMark(batch);
    const changes: WindowEvent[] = [];
    let truncatedAt: bigint | null = null;
    for (const record of batch.records) {
      if (record.offset < this.#end) continue;
      const outcome = decodeCdc(record.value === null ? null : record.value.toString(), this.#columns, this.#shape);
      this.#end = record.offset + 1n;
      if (outcome.kind === 'change') {
        try {
          changes.push(this.#hold(outcome, record));
        } catch (error) {
          this.#beginAfterDead(record.offset, messageOf(error));
        }
      } else if (outcome.kind === 'dead') {
        this.#beginAfterDead(record.offset, outcome.detail);
      } else if (outcome.kind === 'ignored' && outcome.what === 'truncate') {
        truncatedAt = record.offset;
      }
    }
    const last = batch.records.at(-1);
    if (last !== undefined) {
      const { offset, timestampMs, value } = last;
      this.#marks.add(last);
      // A copy: the record's own bytes are a slice of a whole fetch.
      this.#last = { offset, timestampMs, value: value === null ? null : Buffer.from(value) };
    }
    if (batch.nextOffset > this.#end) this.#end = batch.nextOffset;
    return { changes, truncatedAt };
  }

  /** Forgets everything and begins at this offset. */
  begin(base: bigint, cause: string): void {
    this.#held = new KeyedEvents();
    this.#filter = new RedeliveryFilter(NOTHING_COUNTED);
    this.#base = base;
    this.#end = base;
    this.#lastCommitLsn = null;
    this.#last = null;
    this.#marks = new RecordMarks();
    this.#heldSince = heldSinceOf(base);
    this.#generation += 1;
    this.#cause = cause;
  }

  /** Begins again after a batch that could not be taken: which of its changes were told nobody knows. */
  lose({ readFrom, nextOffset }: SourceBatch, why: string): void {
    if (nextOffset > readFrom) this.#lost += nextOffset - readFrom;
    this.begin(nextOffset, `offsets ${readFrom} to ${nextOffset - 1n} could not be taken: ${why}`);
  }

  /** Compares the log's ends with what was read of it; begins again where they don't agree. */
  checkRange(low: bigint, high: bigint): void {
    const before = this.#before;
    if (before !== null && high <= before.offset) this.#noteNewLog(`ends at ${high}`);
    if (high < this.#end) this.#beginNewLog(low, `partition ${this.part} ends at ${high}`);
    else if (low > this.#end) this.#beginAfterGap(low);
  }

  /** Of these keys keeps what came after the newest settled event, that event, and a few before it. */
  prune(keys: Iterable<string>, mark: SettledMark): void {
    this.#held.prune(keys, mark);
  }

  /** Forgets whole keys that are settled, those without a change for longest first, until `bytes` are free. Returns how many are. */
  evict(bytes: number, mark: SettledMark): number {
    const { freed, newest } = this.#held.evict(bytes, mark);
    // The applier was past it and readers saw it: what is read from now on is so too, unless the target is set back.
    if (newest !== null && newest >= this.#base) this.#base = newest + 1n;
    if (newest !== null) this.#heldSince = 'unknown';
    return freed;
  }

  /** Forgets the older half of what is held, settled or not: verdicts wait until the applier has passed it. */
  halve(): void {
    this.#base += (this.#end - this.#base + 1n) / 2n;
    this.#held.dropBelow(this.#base);
    this.#heldSince = 'unknown';
    this.#generation += 1;
    this.#cause = 'memory was short and the oldest events were forgotten';
  }

  #checkLog(batch: SourceBatch): void {
    const first = batch.records[0];
    const last = this.#last;
    const another = last !== null && first !== undefined && first.offset === last.offset && !isSameRecord(first, last);
    if (another || batch.highWatermark < this.#end) {
      this.#beginNewLog(batch.readFrom, `partition ${this.part} holds another record at its end`);
    } else if (batch.readFrom > this.#end) {
      this.#beginAfterGap(batch.readFrom);
    }
  }

  /** Looks for the record that was verified before: what is held came of the log that has another one in its place. */
  #checkMark(batch: SourceBatch): void {
    const before = this.#before;
    if (before === null || batch.nextOffset <= before.offset) return;
    const there = batch.records.find(({ offset }) => offset === before.offset);
    // A record that is not there any more was compacted away, or has expired.
    if (there === undefined || isMarked(there, before)) this.#before = null;
    else this.#noteNewLog(`holds another record at offset ${before.offset}`);
  }

  /** What is held came of another log than what was verified before. */
  #noteNewLog(sign: string): void {
    this.#before = null;
    this.#logs += 1;
    this.#lost += this.#base + 1n;
    this.#heldSince = 'unknown';
    this.#generation += 1;
    this.#cause = `${this.topic} was recreated: partition ${this.part} ${sign}`;
  }

  #beginNewLog(base: bigint, sign: string): void {
    this.#logs += 1;
    this.#before = null;
    // The new log below its beginning here, and at least one: how much of the old log was left nobody knows.
    this.#lost += base + 1n;
    this.begin(base, `${this.topic} was recreated: ${sign}`);
    // What the old log had may come again in this one.
    this.#heldSince = 'unknown';
  }

  #beginAfterDead(offset: bigint, detail: string): void {
    this.#lost += 1n;
    this.begin(offset + 1n, `the record at offset ${offset} can't be read: ${detail}`);
  }

  #beginAfterGap(base: bigint): void {
    const { topic, part } = this;
    this.#lost += base - this.#end;
    this.begin(
      base,
      `${topic} partition ${part}: offsets ${this.#end} to ${base - 1n} were dropped before they were read`,
    );
  }

  #hold(change: Change, record: SourceRecord): WindowEvent {
    const after = change.after();
    const key = windowKey(change.key);
    const event: WindowEvent = {
      key,
      part: this.part,
      offset: record.offset,
      op: change.op,
      txId: change.txId === null ? null : BigInt(change.txId),
      position: change.position,
      sourceTsUs: change.sourceTsUs,
      after,
      repeat: this.#filter.isRepeat(change),
      byApplier: change.byApplier,
      headers: record.headers,
      bytes: EVENT_BYTES + 2 * (key.length + (after?.length ?? 0)),
    };
    this.#held.put(event);
    if (this.#heldSince === 'unknown' && change.position !== null) this.#heldSince = change.position;
    const commit = change.position?.commitLsn;
    if (commit !== null && commit !== undefined) {
      const lsn = BigInt(commit);
      if (this.#lastCommitLsn === null || lsn > this.#lastCommitLsn) this.#lastCommitLsn = lsn;
    }
    return event;
  }
}

const heldSinceOf = (base: bigint): HeldSince => (base === 0n ? 'start' : 'unknown');
