// An applier that does not tell its own writes from others' sends a change home again, and one change goes to and fro
// for ever. Rows may look right between two rounds: the changes themselves give it away.
import { type BothSides, isPingPong, MOST_ROUND_TRIPS, roundTrips, type SideChange } from '../core/consistency/echo.ts';
import type { JudgedKey } from './judgedKey.ts';
import type { KeyFlow } from './keyFlow.ts';
import type { WindowEvent } from './windowEvent.ts';

/** True if the key's changes are worth reading their images: as often the same on both sides as a ping-pong needs. */
export function maySwing(key: string, there: KeyFlow, back: KeyFlow): boolean {
  const [source, target] = [there.events(key), back.events(key)];
  if (source.length <= MOST_ROUND_TRIPS || target.length <= MOST_ROUND_TRIPS) return false;
  return longestRun(source) > MOST_ROUND_TRIPS && longestRun(target) > MOST_ROUND_TRIPS;
}

/** The decision on a key one of whose changes goes to and fro: a conflict of two writers, unless a divergence is proved. */
export function toldPingPong(judged: JudgedKey, there: KeyFlow, back: KeyFlow): JudgedKey {
  if (judged.decision.verdict === 'DIVERGED') return judged;
  const { key } = judged;
  const isTagged = [...there.events(key), ...back.events(key)].some(({ byApplier }) => byApplier);
  const changes: BothSides = { source: sideOf(key, there, isTagged), target: sideOf(key, back, isTagged) };
  if (!isPingPong(changes)) return judged;
  const reason = `ping-pong: one change has gone to and fro ${roundTrips(changes)} times, last as ${lastOf(key, there)} and ${lastOf(key, back)}: what the appliers write is captured and sent home again (slot.stream.params: origin=none leaves it out)`;
  const told = { retry: false, kind: null, leg: 'unknown', columns: [], divergence: null } as const;
  return { ...judged, decision: { ...judged.decision, verdict: 'CONFLICT', reason, ...told } };
}

function sideOf(key: string, flow: KeyFlow, isTagged: boolean): readonly SideChange[] {
  return flow
    .events(key)
    .filter(({ op, repeat }) => op !== 'r' && !repeat)
    .map((event) => ({
      offset: event.offset,
      byApplier: isTagged ? event.byApplier : null,
      valueHash: valuesOf(event, flow),
    }));
}

/** The mapped values as both sides write them; a change that does not carry them all is like no other. */
function valuesOf(event: WindowEvent, { images }: KeyFlow): string {
  if (event.after === null) return 'no row';
  const image = images.get(event) ?? 'unavailable';
  if (image === 'unavailable') return `${event.part}/${event.offset}`;
  return JSON.stringify(image?.tokens ?? null);
}

/** Where the newest of them lies: topic, partition and offset. */
function lastOf(key: string, flow: KeyFlow): string {
  const last = flow.events(key).at(-1);
  return `${flow.watch.topic} ${last?.part}/${last?.offset}`;
}

function longestRun(events: readonly WindowEvent[]): number {
  let most = 0;
  let run = 0;
  let before: string | null | undefined;
  for (const { op, repeat, after } of events) {
    if (op === 'r' || repeat) continue;
    run = after === before ? run + 1 : 1;
    before = after;
    most = Math.max(most, run);
  }
  return most;
}
