// Reads the parts of an invariant on both databases at one cut. No snapshot spans two databases, so each is read a few
// times, with its snapshot and applied position; then every change committed before the last of these reads is awaited;
// and only a pair of reads between which no change of the tables in question lies is taken.
import { isVisible, parseSnapshot, type Snapshot } from '../core/consistency/snapshot.ts';
import { type AppliedSpan, type CutEvent, isOneCut } from '../core/invariant/settledCut.ts';
import type { Clock } from '../ports/clock.ts';
import type { InvariantRead, InvariantReader } from '../ports/invariantReader.ts';
import type { Pause } from '../ports/pause.ts';
import type { WindowLook } from './changeWindow.ts';
import type { FlowFound } from './flowFound.ts';
import type { FlowWatch } from './flowWatch.ts';

/** One direction of a mapped table whose rows a part reads at the follower. */
export interface CutFlow {
  readonly watch: FlowWatch;
  readonly writer: string;
  readonly follower: string;
  /** Asks the follower's database for the applied position; null where it is the offsets of a consumer group. */
  readonly appliedQuery: string | null;
}

export interface CutPlan {
  /** The queries of each database. */
  readonly parts: ReadonlyMap<string, readonly string[]>;
  readonly flows: readonly CutFlow[];
}

export interface CutPorts {
  readonly reader: InvariantReader;
  readonly clock: Clock;
  readonly pause: Pause;
  /** How long to wait for capture. */
  readonly patienceMs: number;
}

/** A read of one database, with the positions of the appliers that write there. */
interface Sample extends InvariantRead {
  readonly spans: ReadonlyMap<string, ReadonlyMap<number, AppliedSpan>>;
}

type Samples = ReadonlyMap<string, readonly Sample[]>;

export type CutFound =
  | { readonly kind: 'one_cut'; readonly values: ReadonlyMap<string, readonly string[]> }
  | { readonly kind: 'pending'; readonly reason: string };

/** Reads of each database, more of them as long as no two are at one cut. */
const BURSTS = [1, 4, 16];
const LEAST_PAUSE_MS = 40;
/** A part that takes long is read less often: at most a fifth of one connection's time. */
const PAUSE_PER_READ = 4;

/** @throws BanyanError of a database or broker that can't be read */
export async function readAtOneCut(ports: CutPorts, plan: CutPlan, signal: AbortSignal): Promise<CutFound> {
  const looks = new Map<CutFlow, WindowLook>();
  try {
    for (const flow of plan.flows) {
      await flow.watch.begin();
      looks.set(flow, flow.watch.window.beginLook());
    }
    let found: CutFound = { kind: 'pending', reason: 'it was not read' };
    for (const count of BURSTS) {
      if (signal.aborted) break;
      found = await pairIn(ports, plan, await sample(ports, plan, count, signal), looks, signal);
      if (found.kind === 'one_cut') break;
    }
    return found;
  } finally {
    for (const [flow, look] of looks) flow.watch.window.endLook(look, null, []);
  }
}

async function sample(ports: CutPorts, plan: CutPlan, count: number, signal: AbortSignal): Promise<Samples> {
  const samples = new Map<string, Sample[]>([...plan.parts.keys()].map((database) => [database, []]));
  for (let i = 0; i < count && !signal.aborted; i += 1) {
    const beganMs = ports.clock.nowMs();
    for (const [database, own] of samples) own.push(await readSample(ports, plan, database));
    const tookMs = ports.clock.nowMs() - beganMs;
    if (i + 1 < count) await ports.pause(Math.max(LEAST_PAUSE_MS, PAUSE_PER_READ * tookMs), signal);
  }
  return samples;
}

async function readSample({ reader }: CutPorts, plan: CutPlan, database: string): Promise<Sample> {
  const flows = plan.flows.filter(({ follower }) => follower === database);
  const before = new Map<CutFlow, ReadonlyMap<number, bigint>>();
  for (const flow of flows) if (flow.appliedQuery === null) before.set(flow, await flow.watch.applied());
  const queries = flows.flatMap(({ watch, appliedQuery }) =>
    appliedQuery === null ? [] : [{ topic: watch.topic, query: appliedQuery }],
  );
  const read = await reader.read(database, plan.parts.get(database) ?? [], queries);
  const spans = new Map<string, ReadonlyMap<number, AppliedSpan>>();
  for (const flow of flows) {
    const committed = before.get(flow);
    const from = committed ?? read.applied.get(flow.watch.topic) ?? new Map<number, bigint>();
    // Rows are applied before their offset is committed: up to the log's end, after the read, they may have been.
    const to = committed === undefined ? from : await flow.watch.readEnds();
    spans.set(flow.watch.topic, spansOf(from, to));
  }
  return { ...read, spans };
}

function spansOf(from: ReadonlyMap<number, bigint>, to: ReadonlyMap<number, bigint>): ReadonlyMap<number, AppliedSpan> {
  const parts = new Set([...from.keys(), ...to.keys()]);
  return new Map([...parts].map((part) => [part, { from: from.get(part) ?? 0n, to: to.get(part) ?? 0n }]));
}

/** The newest pair of reads at one cut; of a single database, its newest read. */
async function pairIn(
  ports: CutPorts,
  plan: CutPlan,
  samples: Samples,
  looks: ReadonlyMap<CutFlow, WindowLook>,
  signal: AbortSignal,
): Promise<CutFound> {
  const judges: FlowJudge[] = [];
  for (const flow of plan.flows) {
    const judge = await judgeOf(ports, flow, samples, looks.get(flow), signal);
    if ('reason' in judge) return { kind: 'pending', reason: judge.reason };
    judges.push(judge);
  }
  for (const pair of pairsOf(samples)) {
    if (!judges.every((judge) => judge.isOneCut(pair))) continue;
    return { kind: 'one_cut', values: new Map([...pair].map(([database, { values }]) => [database, values])) };
  }
  const topics = plan.flows.map(({ watch }) => watch.topic).join(' and ');
  return { kind: 'pending', reason: `changes of ${topics} were under way between every two reads` };
}

function* pairsOf(samples: Samples): Generator<ReadonlyMap<string, Sample>> {
  const [first, second] = [...samples];
  if (first === undefined) return;
  for (const one of first[1].toReversed()) {
    if (second === undefined) yield new Map([[first[0], one]]);
    else
      for (const other of second[1].toReversed())
        yield new Map([
          [first[0], one],
          [second[0], other],
        ]);
  }
}

interface FlowJudge {
  isOneCut(pair: ReadonlyMap<string, Sample>): boolean;
}

/** Awaits what was committed before the last read, and says which pairs of reads lack nothing; or why none can be judged. */
async function judgeOf(
  { patienceMs }: CutPorts,
  { watch, writer, follower }: CutFlow,
  samples: Samples,
  look: WindowLook | undefined,
  signal: AbortSignal,
): Promise<FlowJudge | { readonly reason: string }> {
  const [written, followed] = [samples.get(writer) ?? [], samples.get(follower) ?? []];
  const [last, lastFollowed] = [written.at(-1), followed.at(-1)];
  if (last === undefined || lastFollowed === undefined) return { reason: 'it was not read' };
  const { passed } = await watch.fence(last.lsn, null, patienceMs, signal);
  const end = appliedOf(lastFollowed, watch.topic, 'to');
  const beyond = await watch.readPast(end, patienceMs, signal);
  const found: FlowFound = { fenced: passed, applied: { kind: 'exact', next: end }, beyond };
  const partitions = watch.partitions(found, null);
  if (partitions.length === 0) return { reason: `${watch.topic} is not followed yet` };
  for (const { part, topic, fencePassed, readTo } of partitions) {
    if (topic.kind !== 'whole') return { reason: topic.reason };
    const isRead = fencePassed && readTo >= (end.get(part) ?? 0n);
    if (!isRead)
      return { reason: `partition ${part} of ${watch.topic} has not been read up to the moment of the read` };
  }
  const events = openEvents(watch, look, parseSnapshot(written[0]?.snapshot ?? last.snapshot), followed);
  return {
    isOneCut(pair) {
      const [from, to] = [pair.get(writer), pair.get(follower)];
      if (from === undefined || to === undefined) return false;
      const snapshot = parseSnapshot(from.snapshot);
      const spans = to.spans.get(watch.topic) ?? new Map();
      // Every event of the partition from its baseline on is held; what lies before it must be seen and applied (A6).
      const isHeld = partitions.every(
        ({ part, baseline }) =>
          baseline !== null &&
          snapshot.xmin >= baseline.transactionId &&
          (spans.get(part)?.from ?? 0n) >= baseline.offset,
      );
      return isHeld && isOneCut(snapshot, spans, events);
    },
  };
}

function appliedOf(sample: Sample, topic: string, end: 'from' | 'to'): ReadonlyMap<number, bigint> {
  return new Map([...(sample.spans.get(topic) ?? [])].map(([part, span]) => [part, span[end]]));
}

/** The events that not every read has seen and found applied: few of all that are held. */
function openEvents(
  { topic, window }: FlowWatch,
  look: WindowLook | undefined,
  first: Snapshot,
  followed: readonly Sample[],
): readonly CutEvent[] {
  const events: CutEvent[] = [];
  const reads = followed.map(({ spans }) => spans.get(topic) ?? new Map<number, AppliedSpan>());
  for (const partition of window.partitions) {
    const heldBefore = look?.ends.get(partition.part) ?? 0n;
    const least = reads.reduce<bigint | null>((min, read) => {
      const { from } = read.get(partition.part) ?? { from: 0n };
      return min === null || from < min ? from : min;
    }, null);
    const isSettled = ({ offset, txId, wasSeen }: CutEvent) =>
      offset < (least ?? 0n) && (wasSeen || (txId !== null && isVisible(txId, first)));
    for (const key of partition.keys) {
      for (const { part, offset, txId, op } of partition.events(key)) {
        const event = { part, offset, txId, wasSeen: op === 'r' && offset < heldBefore };
        if (!isSettled(event)) events.push(event);
      }
    }
  }
  return events;
}
