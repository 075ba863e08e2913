// The exact rule for one key, from evidence alone and without a clock. A verdict compares the target with what a right
// applier holds at its own position W: the last change visible to the source's reader, and after it each later change
// that W has passed. Positions are next offsets: an event is applied exactly if its offset is below W. Whatever the
// evidence does not settle is PENDING; an applier that stands still with events waiting is STALLED, never DIVERGED.
import { guiltyLeg } from './guiltyLeg.ts';
import type { HeldEvent } from './heldEvent.ts';
import { type DivergenceKind, differingColumns, divergenceKind, type Row } from './row.ts';
import type { Leg, RowVerdict } from './rowVerdict.ts';
import { isVisible, type Snapshot } from './snapshot.ts';

/** What is known of one direction: the side that writes, its capture, and the other side's applied position. */
export interface FlowEvidence {
  /** The snapshot in which the writing side's row was read. */
  readonly snapshot: Snapshot;
  /** Every change committed before a position taken after that read has reached Banyan, in the key's own partition. */
  readonly fencePassed: boolean;
  /** The key's events by offset: every one held, or the newest alone. */
  readonly events: readonly HeldEvent[];
  readonly held: 'all' | 'newest';
  /** W, next offset of the applier, read in one snapshot with its row. */
  readonly applied: bigint;
  /** Banyan's ingest had read as far as W before the events were taken. */
  readonly readToApplied: boolean;
  /** How long W has stood still with events waiting. */
  readonly stillMs: number;
  /** Banyan holds every event from where it began, W is past that, and the reader sees every change before it. */
  readonly complete: boolean;
  /** Why no verdict can be given here at all, e.g. a gap in the topic; null normally. */
  readonly broken: string | null;
}

/** What `judgeKey` decides from. */
export interface KeyEvidence {
  readonly source: Row;
  readonly target: Row;
  readonly columns: readonly string[];
  readonly forward: FlowEvidence;
  /** The way back, where both sides write. */
  readonly reverse: FlowEvidence | null;
  /** W standing still this long with events waiting is STALLED. */
  readonly stalledAfterMs: number;
}

export interface KeyDecision {
  readonly verdict: RowVerdict;
  /** One sentence. */
  readonly reason: string;
  /** True if new evidence may settle it within moments: a change is under way. */
  readonly retry: boolean;
  readonly kind: DivergenceKind | null;
  readonly leg: Leg;
  readonly columns: readonly string[];
}

type Settled = { readonly settled: true; readonly expected: Row; readonly lastVisible: HeldEvent | null };
type Open = { readonly settled: false; readonly verdict: RowVerdict; readonly reason: string; readonly retry: boolean };

const open = (verdict: RowVerdict, reason: string, retry = false): Open => ({ settled: false, verdict, reason, retry });

/** The verdict on one key, its kind, columns and leg, and whether another look is worth while. */
export function judgeKey(evidence: KeyEvidence): KeyDecision {
  const { source, target, columns, forward, reverse, stalledAfterMs } = evidence;
  const there = settle(forward, source, stalledAfterMs, reverse !== null);
  if (!there.settled) return undecided(there, 'forward');
  const back = reverse === null ? null : settle(reverse, target, stalledAfterMs, true);
  if (back !== null && !back.settled) return undecided(back, 'reverse');

  const kind = divergenceKind(there.expected, target);
  if (kind === null) {
    return {
      verdict: 'CLEAN',
      reason: 'both sides hold the same values',
      retry: false,
      kind,
      leg: 'unknown',
      columns: [],
    };
  }
  const { leg, reason } = guiltyLeg({
    source,
    target,
    lastForward: there.lastVisible,
    reverse: reverse === null || back === null ? null : { last: back.lastVisible },
  });
  return {
    verdict: 'DIVERGED',
    reason,
    retry: false,
    kind,
    leg,
    columns: differingColumns(there.expected, target, columns),
  };
}

/** The value that the other side must hold at its W; or why that can't be told yet. `quiet`: no newer change may be under way. */
function settle(flow: FlowEvidence, row: Row, stalledAfterMs: number, quiet: boolean): Settled | Open {
  if (flow.broken !== null) return open('UNKNOWN', flow.broken);
  if (!flow.complete) return open('PENDING', 'the positions from before Banyan began have not been passed yet');
  if (!flow.fencePassed)
    return open('PENDING', 'capture has not yet delivered everything up to the moment of the read');
  const seen = flow.events.map((event) => visibility(event, flow.snapshot));
  if (seen.includes('unknown')) return open('PENDING', 'an event does not say which transaction wrote it', true);
  const firstUnseen = seen.indexOf('no');
  const visible = firstUnseen < 0 ? flow.events : flow.events.slice(0, firstUnseen);
  const later = flow.events.slice(visible.length);
  if (later.some((_, i) => seen[visible.length + i] === 'yes')) {
    return open('UNKNOWN', 'events of one key came out of commit order: capture is not to be trusted here');
  }
  const lastVisible = visible.at(-1) ?? null;
  if (!flow.readToApplied) return open('PENDING', 'Banyan has not read as far as the applier', true);
  if (lastVisible !== null && flow.applied <= lastVisible.offset) {
    return flow.stillMs >= stalledAfterMs
      ? open(
          'STALLED',
          `the applier has stood still at offset ${flow.applied} for ${Math.floor(flow.stillMs / 1000)} s`,
        )
      : open('PENDING', `the change at offset ${lastVisible.offset} waits to be applied`, true);
  }
  if (later.length === 0) return { settled: true, expected: row, lastVisible };
  if (quiet) return open('PENDING', 'the key has changed since it was read', true);
  return foldLater(flow, later, row, lastVisible);
}

/** The value after those later changes that W has passed. */
function foldLater(
  flow: FlowEvidence,
  later: readonly HeldEvent[],
  row: Row,
  lastVisible: HeldEvent | null,
): Settled | Open {
  const applied = later.findLast((event) => event.offset < flow.applied);
  // Of a key whose newest event alone is held, an older one may be unknown: only the newest one applied is certain.
  if (applied === undefined && flow.held === 'newest') {
    return open('PENDING', 'the key has changed since it was read', true);
  }
  if (applied === undefined) return { settled: true, expected: row, lastVisible };
  if (applied.after === 'unavailable') return open('PENDING', 'the key has changed since it was read', true);
  return { settled: true, expected: applied.after, lastVisible };
}

function visibility(event: HeldEvent, snapshot: Snapshot): 'yes' | 'no' | 'unknown' {
  if (event.txId !== null) return isVisible(event.txId, snapshot) ? 'yes' : 'no';
  return event.op === 'r' && event.heldBeforeRead ? 'yes' : 'unknown';
}

function undecided(outcome: Open, direction: 'forward' | 'reverse'): KeyDecision {
  const reason = direction === 'reverse' ? `on the way back: ${outcome.reason}` : outcome.reason;
  return { verdict: outcome.verdict, reason, retry: outcome.retry, kind: null, leg: 'unknown', columns: [] };
}
