// The p99 latency of a constant load on the source, with and without a sweep at the default budget, in turns of one run.
// npm run bench -- harm [--rows 500000] [--rounds 10] [--budget 8000] [--queries 300]
import { parseArgs } from 'node:util';
import { benchHarm } from '../lib/runtime/benchHarm.ts';

const TARGET_PERCENT = 5;
const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    rows: { type: 'string', default: '500000' },
    rounds: { type: 'string', default: '10' },
    budget: { type: 'string', default: '8000' },
    queries: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '4' },
  },
  allowPositionals: true,
});

const { without, during, sweptPerSec } = await benchHarm({
  rows: Number(values.rows),
  rowsPerSec: Number(values.budget),
  queriesPerSec: Number(values.queries),
  rounds: Number(values.rounds),
  windowMs: Number(values.seconds) * 1000,
});
const quantile = (latencies: readonly number[], q: number): number => {
  const sorted = latencies.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
};
const round = (value: number) => Number(value.toFixed(3));
const [p99Without, p99During] = [quantile(without, 0.99), quantile(during, 0.99)];
// A machine that is busy with other things, or a sweep below its budget, measures something else.
const measured = sweptPerSec >= 0.8 * Number(values.budget) && quantile(without, 0.5) < 20;
const changePercent = round((p99During / p99Without - 1) * 100);
console.log(
  JSON.stringify({
    bench: 'harm',
    rows: Number(values.rows),
    budgetRowsPerSec: Number(values.budget),
    sweptRowsPerSec: Math.round(sweptPerSec),
    queries: without.length + during.length,
    p50WithoutMs: round(quantile(without, 0.5)),
    p50DuringMs: round(quantile(during, 0.5)),
    p99WithoutMs: round(p99Without),
    p99DuringMs: round(p99During),
    p999WithoutMs: round(quantile(without, 0.999)),
    p999DuringMs: round(quantile(during, 0.999)),
    changePercent,
    target: TARGET_PERCENT,
    measured,
    pass: measured && changePercent < TARGET_PERCENT,
  }),
);
process.exitCode = measured ? 0 : 1;
