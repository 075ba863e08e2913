// The p99 latency of a constant load on the source, with and without a sweep at the default budget, in turns of one run.
// npm run bench -- harm [--rows 500000] [--rounds 30] [--seconds 4] [--budget 8000] [--queries 1000]
import { parseArgs } from 'node:util';
import { benchHarm } from '../lib/runtime/benchHarm.ts';
import { quantile, quantileChange } from './load/quantileChange.ts';

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
    rounds: { type: 'string', default: '30' },
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
const without = rounds.flatMap((measured) => measured.without);
const during = rounds.flatMap((measured) => measured.during);
const at = (q: number) => ({ withoutMs: round(quantile(without, q)), duringMs: round(quantile(during, q)) });
const change = quantileChange(rounds, 0.99);
// A machine that is busy with other things, or a sweep below its budget, measures something else; and who leaves out much
// leaves out what is slow.
const isWhole = Math.max(leftOut.without, leftOut.during) < MOST_LEFT_OUT;
const measured =
  isApart &&
  sweptPerSec >= BUDGET_REACHED * Number(values.budget) &&
  quantile(without, 0.5) < 20 &&
  isWhole &&
  change.high - change.low <= WIDEST_INTERVAL;
console.log(
  JSON.stringify({
    bench: 'harm',
    rows: Number(values.rows),
    budgetRowsPerSec: Number(values.budget),
    sweptRowsPerSec: Math.round(sweptPerSec),
    queries: without.length + during.length,
    /** The source had a processor to itself, and the load went before the others. */
    isApart,
    /** Share of queries that met time which the host took from this machine. */
    leftOut: { without: round(leftOut.without), during: round(leftOut.during) },
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    changePercent: round(change.percent),
    /** Of the change, with 95 % confidence. */
    interval: [round(change.low), round(change.high)],
    target: TARGET_PERCENT,
    measured,
    pass: measured && change.percent < TARGET_PERCENT,
  }),
);
process.exitCode = measured ? 0 : 1;
