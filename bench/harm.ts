// The p99 latency of a constant load on the source: without a sweep, beside the same sweep of another database, and during a
// sweep of the source, each at the default budget, in turns of one run.
// npm run bench -- harm [--rows 500000] [--rounds 60] [--seconds 4] [--budget 8000] [--queries 1000]
import { parseArgs } from 'node:util';
import { benchHarm } from '../lib/runtime/benchHarm.ts';
import type { Latencies, QueryKind } from '../lib/runtime/harmLoadMessages.ts';
import { HARM_PHASES, type HarmPhase } from '../lib/runtime/harmPhases.ts';
import { quantile, quantileChange } from './load/quantileChange.ts';

const stopped = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => stopped.abort(new Error(`stopped by ${name}`)));

const TARGET_PERCENT = 5;
const BUDGET_REACHED = 0.95;
/** An interval wider than this, in percent, tells neither harm nor its absence. */
const WIDEST_INTERVAL = 15;
/** Fewer tell little of how rounds differ: of one the interval would have no width. */
const FEWEST_ROUNDS = 20;
/** Of the queries, for the host took the processors away. */
const MOST_LEFT_OUT = 0.5;
const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    rows: { type: 'string', default: '500000' },
    rounds: { type: 'string', default: '60' },
    budget: { type: 'string', default: '8000' },
    queries: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '4' },
  },
  allowPositionals: true,
});

const { rounds, sweptPerSec, leftOut, isApart } = await benchHarm({
  rows: Number(values.rows),
  rowsPerSec: Number(values.budget),
  queriesPerSec: Number(values.queries),
  rounds: Number(values.rounds),
  windowMs: Number(values.seconds) * 1000,
  signal: stopped.signal,
});
const round = (value: number) => Number(value.toFixed(3));
type Of = (latencies: Latencies) => readonly number[];
const all: Of = ({ read, update, sum }) => [...read, ...update, ...sum];
const at = (q: number, of: Of) => {
  const [withoutMs = 0, elsewhereMs = 0, duringMs = 0] = HARM_PHASES.map((phase) =>
    round(
      quantile(
        rounds.flatMap((measured) => of(measured[phase])),
        q,
      ),
    ),
  );
  return { withoutMs, elsewhereMs, duringMs };
};
/** The change of p99 from one phase to another, with the interval that holds it with 95 % confidence. */
const change = (from: HarmPhase, to: HarmPhase, of: Of) => {
  const pairs = rounds.map((measured) => ({ before: of(measured[from]), after: of(measured[to]) }));
  const { percent, low, high } = quantileChange(pairs, 0.99);
  return { changePercent: round(percent), interval: [round(low), round(high)] as const };
};
const ofSource = change('elsewhere', 'during', all);
const [low, high] = ofSource.interval;
const p50 = at(0.5, all);
// A machine that is busy with other things, or a sweep below its budget, measures something else; and who leaves out much
// leaves out what is slow.
const isWhole = HARM_PHASES.every((phase) => leftOut[phase] < MOST_LEFT_OUT);
const measured =
  isApart &&
  rounds.length >= FEWEST_ROUNDS &&
  Math.min(sweptPerSec.elsewhere, sweptPerSec.during) >= BUDGET_REACHED * Number(values.budget) &&
  p50.withoutMs < 20 &&
  isWhole &&
  high - low <= WIDEST_INTERVAL;
const byKind = (kind: QueryKind) => {
  const of: Of = (latencies) => latencies[kind];
  return { p99: at(0.99, of), ...change('elsewhere', 'during', of) };
};
console.log(
  JSON.stringify({
    bench: 'harm',
    rows: Number(values.rows),
    budgetRowsPerSec: Number(values.budget),
    sweptRowsPerSec: { elsewhere: Math.round(sweptPerSec.elsewhere), during: Math.round(sweptPerSec.during) },
    queries: rounds.reduce((sum, phases) => HARM_PHASES.reduce((n, phase) => n + all(phases[phase]).length, sum), 0),
    /** The source had a processor to itself and the load, and that went before the others. */
    isApart,
    /** Share of queries that met time which the host took from this machine. */
    leftOut: { without: round(leftOut.without), elsewhere: round(leftOut.elsewhere), during: round(leftOut.during) },
    p50,
    p90: at(0.9, all),
    p99: at(0.99, all),
    p999: at(0.999, all),
    read: byKind('read'),
    update: byKind('update'),
    sum: byKind('sum'),
    /** Of p99, by a machine shared with the verifier, target and store: `elsewhere` beside `without`. */
    sharedMachine: change('without', 'elsewhere', all),
    /** By both: `during` beside `without`. */
    both: change('without', 'during', all),
    /** By the sweep of the source itself: `during` beside `elsewhere`. */
    ofSource,
    target: TARGET_PERCENT,
    measured,
    pass: measured && ofSource.changePercent < TARGET_PERCENT,
  }),
);
process.exitCode = measured ? 0 : 1;
