import {
  type CanaryResult,
  type SelfTestTally,
  selfTestSentence,
  tallyCanaries,
} from '../../core/consistency/selfTest.ts';
import type { Principal } from '../../ports/principal.ts';
import type { SelfTestReader, SelfTestRound } from '../../ports/selfTestStore.ts';
import { canaryResults } from '../canaryResults.ts';
import { requireRole } from '../requireRole.ts';
import { readContextDefinition } from './readContextDefinition.ts';
import type { Reading } from './reading.ts';

export interface SelfTestReading extends Reading {
  readonly selfTests: SelfTestReader;
}

/** A round as it is shown; times are RFC 3339. */
export interface ShownRound {
  readonly id: string;
  readonly table: string;
  readonly askedBy: string;
  readonly askedAt: string;
  readonly corruptedAt: string | null;
  readonly restoredAt: string | null;
  /** Null while it is open. */
  readonly endedAt: string | null;
  /** `waiting` for a worker, `running`, `measured` to its end, or `failed`. */
  readonly state: 'waiting' | 'running' | 'measured' | 'failed';
  /** One sentence. */
  readonly sentence: string;
  readonly fix: string | null;
  readonly tally: SelfTestTally;
  readonly canaries: readonly CanaryResult[];
  /** Other keys that were found divergent meanwhile: false alarms, unless something else is wrong. */
  readonly others: readonly string[];
}

export interface ShownSelfTests {
  readonly context: string;
  /** What the configuration consents to; null if to nothing. */
  readonly consent: { readonly table: string; readonly canaries: number; readonly everyMs: number | null } | null;
  /** The newest first. */
  readonly rounds: readonly ShownRound[];
  /** Over the rounds listed that were measured to their end. */
  readonly measured: { readonly rounds: number; readonly tally: SelfTestTally };
}

const LISTED = 50;

/**
 * The self-tests of a context: what may be made wrong, and what was measured.
 * @throws BanyanError `not_found` for an unknown context
 */
export async function readSelfTests(
  reading: SelfTestReading,
  principal: Principal,
  context: string,
): Promise<ShownSelfTests> {
  requireRole(principal, 'viewer');
  const { selfTest, tables } = await readContextDefinition(reading, principal, context);
  const writesSeen = (id: string) => tables.find((table) => table.id === id)?.reverse !== undefined;
  const rounds = (await reading.selfTests.rounds(context, LISTED)).map((round) =>
    shown(round, writesSeen(round.table)),
  );
  const measured = rounds.filter(({ state }) => state === 'measured');
  return {
    context,
    consent:
      selfTest === undefined
        ? null
        : { table: selfTest.table, canaries: selfTest.keys.length, everyMs: selfTest.everyMs ?? null },
    rounds,
    measured: {
      rounds: measured.length,
      tally: tallyCanaries(
        measured.flatMap(({ canaries }) => canaries),
        writesSeen(selfTest?.table ?? measured[0]?.table ?? ''),
      ),
    },
  };
}

function shown(round: SelfTestRound, writesSeen: boolean): ShownRound {
  const canaries = canaryResults(round);
  const tally = tallyCanaries(canaries, writesSeen);
  const { id, table, askedBy, fix, others } = round;
  return {
    ...{ id, table, askedBy, fix, others, tally, canaries },
    askedAt: instant(round.askedAtMs),
    corruptedAt: round.corruptedAtMs === null ? null : instant(round.corruptedAtMs),
    restoredAt: round.restoredAtMs === null ? null : instant(round.restoredAtMs),
    endedAt: round.endedAtMs === null ? null : instant(round.endedAtMs),
    ...stateOf(round, selfTestSentence(tally, others.length)),
  };
}

function stateOf(round: SelfTestRound, measured: string): Pick<ShownRound, 'state' | 'sentence'> {
  if (round.failure !== null) return { state: 'failed', sentence: round.failure };
  if (round.endedAtMs !== null) return { state: 'measured', sentence: measured };
  if (round.corruptedAtMs === null) return { state: 'waiting', sentence: 'waits for a worker with the role verify' };
  return { state: 'running', sentence: `${measured} so far` };
}

const instant = (atMs: number) => new Date(atMs).toISOString();
