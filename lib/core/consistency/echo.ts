// A change that is carried to the other side and captured there comes back as an echo. An applier that does not tell its
// own writes from others' sends the echo home, and one change goes to and fro for ever: a ping-pong.

/** One captured change of a key, as far as an echo is concerned. */
export interface SideChange {
  readonly offset: bigint;
  /** Whether its origin tag says that this side's applier wrote it; null where the topic carries no tag. */
  readonly byApplier: boolean | null;
  /** Hash of the mapped values after the change; the same values have the same hash on both sides. */
  readonly valueHash: string;
}

/** The changes of one key, as each side captured them, by ascending offset. */
export interface BothSides {
  readonly source: readonly SideChange[];
  readonly target: readonly SideChange[];
}

/** Round trips of one change that are still taken for its echo dying out; one more is a ping-pong. */
export const MOST_ROUND_TRIPS = 2;

/**
 * Offsets of the changes of `side` that its applier wrote. The origin tag decides. Without one, a change is an echo of a
 * change of the other side with the same values, each of which explains one echo, in order; so a foreign write of older
 * values is not taken for one. Only where the capture carries the applier's writes may untagged changes be asked about.
 */
export function echoesOf(side: keyof BothSides, changes: BothSides): ReadonlySet<bigint> {
  const echoes = new Set<bigint>();
  const births = changes[side === 'source' ? 'target' : 'source'];
  let next = 0;
  for (const { offset, byApplier, valueHash } of changes[side]) {
    if (byApplier === true) echoes.add(offset);
    if (byApplier !== null) continue;
    const birth = births.findIndex((change, i) => i >= next && change.valueHash === valueHash);
    if (birth < 0) continue;
    echoes.add(offset);
    next = birth + 1;
  }
  return echoes;
}

/**
 * The most round trips that one change has made: how often it was written again with the same values on a side, each
 * time after it was written on the other. A round trip back to the side it was born on is one. Without tags, an owner
 * that saves the same mapped values again and again looks the same.
 */
export function roundTrips(changes: BothSides): number {
  return Math.max(returns(changes.source, changes.target), returns(changes.target, changes.source));
}

/** True if a change of the key is going to and fro. */
export const isPingPong = (changes: BothSides): boolean => roundTrips(changes) > MOST_ROUND_TRIPS;

/** The longest run of one value on the side it was born on, less its birth, as far as the other side wrote it as often. */
function returns(home: readonly SideChange[], away: readonly SideChange[]): number {
  let most = 0;
  let run = 0;
  let bornHere = false;
  home.forEach(({ byApplier, valueHash }, i) => {
    const again = byApplier !== false && home[i - 1]?.valueHash === valueHash;
    if (!again) bornHere = byApplier !== true;
    run = again && bornHere ? run + 1 : 0;
    most = Math.max(most, Math.min(run, longestRun(away, valueHash)));
  });
  return most;
}

function longestRun(changes: readonly SideChange[], valueHash: string): number {
  let most = 0;
  let run = 0;
  for (const change of changes) {
    run = change.valueHash === valueHash ? run + 1 : 0;
    most = Math.max(most, run);
  }
  return most;
}
