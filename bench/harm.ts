// The p99 latency of a constant load on the source: without a sweep, beside the same sweep of another database, and during a
// sweep of the source, each at the default budget, in turns of one run.
// npm run bench -- harm [--rows 500000] [--rounds 60] [--seconds 4] [--budget 8000] [--queries 1000]
import { parseArgs } from 'node:util';
import { benchHarm } from '../lib/runtime/benchHarm.ts';
import { HARM_PHASES, type HarmPhase } from '../lib/runtime/harmPhases.ts';
import { type QuantileChange, quantile, quantileChange } from './load/quantileChange.ts';

const TARGET_PERCENT = 5;
const BUDGET_REACHED = 0.95;
/** An interval wider than this, in percent, tells neither harm nor its absence. */
const WIDEST_INTERVAL = 15;
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
});
const round = (value: number) => Number(value.toFixed(3));
const of = (phase: HarmPhase) => rounds.flatMap((measured) => measured[phase]);
const latencies = { without: of('without'), elsewhere: of('elsewhere'), during: of('during') };
const at = (q: number) => ({
  withoutMs: round(quantile(latencies.without, q)),
  elsewhereMs: round(quantile(latencies.elsewhere, q)),
  duringMs: round(quantile(latencies.during, q)),
});
const ofSource = quantileChange(
  rounds.map(({ elsewhere, during }) => ({ without: elsewhere, during })),
  0.99,
);
const ofMachine = quantileChange(
  rounds.map(({ without, elsewhere }) => ({ without, during: elsewhere })),
  0.99,
);
const shown = ({ percent, low, high }: QuantileChange) => ({
  changePercent: round(percent),
  /** Of the change, with 95 % confidence. */
  interval: [round(low), round(high)],
});
// A machine that is busy with other things, or a sweep below its budget, measures something else; and who leaves out much
// leaves out what is slow.
const isWhole = HARM_PHASES.every((phase) => leftOut[phase] < MOST_LEFT_OUT);
const measured =
  isApart &&
  Math.min(sweptPerSec.elsewhere, sweptPerSec.during) >= BUDGET_REACHED * Number(values.budget) &&
  quantile(latencies.without, 0.5) < 20 &&
  isWhole &&
  ofSource.high - ofSource.low <= WIDEST_INTERVAL;
console.log(
  JSON.stringify({
    bench: 'harm',
    rows: Number(values.rows),
    budgetRowsPerSec: Number(values.budget),
    sweptRowsPerSec: { elsewhere: Math.round(sweptPerSec.elsewhere), during: Math.round(sweptPerSec.during) },
    queries: latencies.without.length + latencies.elsewhere.length + latencies.during.length,
    /** The source had a processor to itself and its clients, and these went before the others. */
    isApart,
    /** Share of queries that met time which the host took from this machine. */
    leftOut: {
      without: round(leftOut.without),
      elsewhere: round(leftOut.elsewhere),
      during: round(leftOut.during),
    },
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    /** By a machine shared with the verifier, target and store: `elsewhere` beside `without`. */
    sharedMachine: shown(ofMachine),
    /** By the sweep of the source itself: `during` beside `elsewhere`. */
    ...shown(ofSource),
    target: TARGET_PERCENT,
    measured,
    pass: measured && ofSource.percent < TARGET_PERCENT,
  }),
);
process.exitCode = measured ? 0 : 1;
