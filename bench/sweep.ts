// The comparison of two tables, until every differing key is named, against its limit (one hash of every row, both sides
// at once), against the same limit with hashes that tell all values apart (ADR 10), and against reladiff of PyPI, in
// turns on the same tables.
// npm run bench -- sweep [--rows 1000000,5000000] [--differing 0,10,1000] [--rounds 3] [--no-rival]
import { parseArgs } from 'node:util';
import { benchSweep } from '#lib/runtime/benchSweep.ts';

/** By number of differing rows: at most so many times the limit; at least so many times as fast as reladiff. */
const TARGETS: Readonly<Record<number, { readonly ratio: number; readonly timesAsFast: number }>> = {
  0: { ratio: 1.3, timesAsFast: 2.5 },
  10: { ratio: 1.8, timesAsFast: 3 },
  1000: { ratio: 2.5, timesAsFast: 5 },
};
/** The targets are for tables of this size; smaller ones are shown beside. */
const TARGET_ROWS = 5_000_000;

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    rows: { type: 'string', default: '1000000,5000000' },
    differing: { type: 'string', default: '0,10,1000' },
    rounds: { type: 'string', default: '3' },
    'no-rival': { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const numbers = (list: string) => list.split(',').map(Number);
const round = (value: number, digits: number) => Number(value.toFixed(digits));

const { cases, rival } = await benchSweep(
  numbers(values.rows),
  numbers(values.differing),
  Number(values.rounds),
  !values['no-rival'],
);
const figures = cases.map(({ rows, differing, limitMs, exactMs, sweepMs, reladiffMs, allNamed }) => {
  const ratio = sweepMs / limitMs;
  const timesAsFast = reladiffMs === null ? null : reladiffMs / sweepMs;
  const target = TARGETS[differing];
  const fastEnough = timesAsFast === null || target === undefined || timesAsFast >= target.timesAsFast;
  return {
    rows,
    differing,
    allNamed,
    limitMs: round(limitMs, 0),
    sweepMs: round(sweepMs, 0),
    ratio: round(ratio, 2),
    exactRatio: round(exactMs / limitMs, 2),
    ratioToExact: round(sweepMs / exactMs, 2),
    reladiffMs: reladiffMs === null ? null : round(reladiffMs, 0),
    reladiffRatio: reladiffMs === null ? null : round(reladiffMs / limitMs, 2),
    timesAsFast: timesAsFast === null ? null : round(timesAsFast, 1),
    rowsPerSec: round(rows / (sweepMs / 1000), 0),
    ...(target === undefined ? {} : { target }),
    pass: allNamed && (target === undefined || (ratio <= target.ratio && fastEnough)),
  };
});
const judged = figures.filter(({ rows }) => rows >= TARGET_ROWS);
console.log(
  JSON.stringify({
    bench: 'sweep',
    rival,
    cases: figures,
    pass: (judged.length > 0 ? judged : figures).every(({ pass }) => pass),
  }),
);
process.exitCode = cases.every(({ allNamed }) => allNamed) ? 0 : 1;
