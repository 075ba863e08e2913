import { BanyanError, messageOf } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContinuousStore } from '../ports/continuousStore.ts';
import type { DatabaseProbe } from '../ports/databaseProbe.ts';
import type { EventSource } from '../ports/eventSource.ts';
import type { Logger } from '../ports/logger.ts';
import type { PassDemand } from '../ports/passDemand.ts';
import type { Pause } from '../ports/pause.ts';
import type { Caution } from '../ports/rowReader.ts';
import type { PartReport, StatusBoard } from '../ports/statusBoard.ts';
import type { RunCounts } from '../ports/verifyStore.ts';
import { followTopics } from './followTopics.ts';
import { sweepLine } from './sweepLine.ts';
import type { SweepPorts } from './sweepPass.ts';
import { type VerifiedTable, windowsOf } from './verifiedTable.ts';
import { verifyChanges } from './verifyChanges.ts';
import { verifyTable } from './verifyTable.ts';

export interface VerifierOptions {
  readonly tables: readonly VerifiedTable[];
  /** Follows the change topics, in a group of its own. */
  readonly source: EventSource;
  readonly continuous: ContinuousStore;
  readonly databases: readonly DatabaseProbe[];
  /** Unique for this process: it owns leases. */
  readonly owner: string;
  readonly clock: Clock;
  readonly pause: Pause;
  readonly logger: Logger;
  readonly status: StatusBoard;
  /** What a pass over the table asks besides its rows. */
  readonly sweep?: (table: VerifiedTable) => SweepPorts;
  /** Pause between two passes over a table; 10 s unless given. */
  readonly everyMs?: number;
  /** What ends that pause early. */
  readonly demand: PassDemand;
}

export interface Verifier {
  /** Ends the passes where they are; resolves when nothing runs any more. */
  stop(): Promise<void>;
}

const PROBE_EVERY_MS = 10_000;
const LOOK_EVERY_MS = 1_000;

/** Sweeps every table for ever, each on its own: a table or database in trouble holds up no other. */
export function startVerifier(options: VerifierOptions): Verifier {
  const stopped = new AbortController();
  const { signal } = stopped;
  const following = followTopics({
    source: options.source,
    windows: options.tables.flatMap(windowsOf),
    verifiedTo: (topic) => options.continuous.verifiedTo(topic),
    logger: options.logger,
    reported: (trouble) => reportTopics(options, trouble),
  });
  const loops = [
    ...options.databases.map((database) => forever(options, signal, PROBE_EVERY_MS, () => probe(options, database))),
    ...options.tables.map((table) => sweepForever(options, table, signal)),
    ...options.tables.map((table) => forever(options, signal, LOOK_EVERY_MS, () => lookAtAppliers(table))),
    ...options.tables.map((table) =>
      verifyChanges({ table, store: options.continuous, owner: options.owner, status: options.status }, signal),
    ),
  ];
  return {
    async stop() {
      stopped.abort();
      await following.stop();
      await Promise.all(loops);
    },
  };
}

async function forever(
  options: VerifierOptions,
  signal: AbortSignal,
  everyMs: number,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await work();
    await options.pause(everyMs, signal);
  }
}

/** Pass after pass, until the signal aborts. */
async function sweepForever(options: VerifierOptions, table: VerifiedTable, signal: AbortSignal): Promise<void> {
  const { clock, pause, everyMs = 10_000 } = options;
  while (!signal.aborted) {
    const beganMs = clock.nowMs();
    const ended = await round(options, table, signal);
    // A pass that was ended from outside has told nothing: the next begins at once.
    const dueMs = ended === 'begins anew' ? 0 : clock.nowMs() + everyMs;
    do await pause(LOOK_EVERY_MS, signal);
    while (!signal.aborted && clock.nowMs() < dueMs && !(await isWanted(options, table, beganMs)));
  }
}

/** True if somebody wants a pass that begins later than this. */
async function isWanted({ demand, logger }: VerifierOptions, table: VerifiedTable, beganMs: number): Promise<boolean> {
  try {
    const askedMs = await demand.newestAskedAtMs(table);
    return askedMs !== null && askedMs > beganMs;
  } catch (error) {
    // The pause is only not cut short.
    logger.debug({ table: table.table, err: messageOf(error) }, 'whether a pass is wanted could not be read');
    return false;
  }
}

function reportTopics({ status }: VerifierOptions, trouble: string | null): void {
  const part = 'verify:topics';
  if (trouble === null) status.report({ part, state: 'ok', detail: 'the change topics are followed' });
  else status.report({ part, state: 'down', detail: trouble });
}

async function probe({ status }: VerifierOptions, database: DatabaseProbe): Promise<void> {
  const part = `database:${database.id}`;
  try {
    const { detail, limit } = await database.probe();
    status.report(
      limit === null
        ? { part, state: 'ok', detail }
        : { part, state: 'limited', detail: `${detail}; ${limit.detail}`, fix: limit.fix },
    );
  } catch (error) {
    status.report({ part, state: 'down', detail: messageOf(error), ...fixOf(error) });
  }
}

async function round(
  options: VerifierOptions,
  table: VerifiedTable,
  signal: AbortSignal,
): Promise<'ended' | 'begins anew'> {
  const { status, clock, logger, owner } = options;
  const part = `verify:${table.context}/${table.table}`;
  const startedMs = clock.nowMs();
  const report = (state: 'ok' | 'limited' | 'degraded', detail: string, cautions: readonly Caution[]) =>
    status.report({ part, ...withCautions(state, detail, cautions) });
  try {
    await options.demand.begun(table, startedMs);
    const outcome = await verifyTable(table, owner, signal, {
      ...options.sweep?.(table),
      progress: (counts, waitsFor, cautions) => {
        report(waitsFor?.isLoad === true ? 'limited' : 'ok', sweepLine(counts, waitsFor?.why ?? null), cautions);
      },
    });
    if (outcome.state === 'stopped') {
      if (outcome.why !== null) status.report({ part, state: 'degraded', detail: `begins anew: ${outcome.why}` });
      return outcome.why === null ? 'ended' : 'begins anew';
    }
    const { counts, cautions } = outcome;
    const state = counts.unknown > 0n || counts.stalled > 0n ? 'degraded' : 'ok';
    report(state, summary(counts, clock.nowMs() - startedMs), cautions);
  } catch (error) {
    logger.warn({ table: table.table, err: messageOf(error) }, 'a pass over the table failed');
    status.report({ part, state: 'down', detail: messageOf(error), ...fixOf(error) });
  }
  return 'ended';
}

async function lookAtAppliers(table: VerifiedTable): Promise<void> {
  try {
    await table.forward.look();
    if (table.reverse !== null) await table.reverse.look();
  } catch (error) {
    // The pass itself reports a database that is down; here a look is left out.
    table.logger.debug({ table: table.table, err: messageOf(error) }, 'an applied position could not be read');
  }
}

/** A pass that works, and is dearer than it need be, is limited. */
function withCautions(
  state: 'ok' | 'limited' | 'degraded',
  detail: string,
  cautions: readonly Caution[],
): Omit<PartReport, 'part'> {
  if (cautions.length === 0) return { state, detail };
  return {
    state: state === 'ok' ? 'limited' : state,
    detail: [detail, ...cautions.map(({ reason }) => reason)].join('; '),
    fix: cautions.map(({ fix }) => fix).join(' '),
  };
}

function summary(counts: RunCounts, tookMs: number): string {
  const parts = [
    `${counts.rowsCompared} rows compared in ${(tookMs / 1000).toFixed(1)} s`,
    `${counts.diverged} divergent`,
  ];
  for (const name of ['pending', 'stalled', 'conflict', 'unknown'] as const) {
    if (counts[name] > 0n) parts.push(`${counts[name]} ${name}`);
  }
  if (counts.notCleanBecause !== null) parts.push(`no clean pass: ${counts.notCleanBecause}`);
  return parts.join(', ');
}

function fixOf(error: unknown): { fix?: string } {
  return error instanceof BanyanError && error.fix !== undefined ? { fix: error.fix } : {};
}
