// A sweep against its limit: one hash of every row on both sides at once, in the same run, on the same tables.
// npm run bench -- sweep [--rows 5000000] [--rounds 3]
import { parseArgs } from 'node:util';
import { benchSweep } from '../lib/runtime/benchSweep.ts';

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { rows: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '3' } },
  allowPositionals: true,
});

const figures = await benchSweep(Number(values.rows), Number(values.rounds));
const { rows, limitMs, equalMs, differingMs, differing, named } = figures;
const round = (value: number, digits: number) => Number(value.toFixed(digits));
const allNamed = differing.join() === named.join();
console.log(
  JSON.stringify({
    bench: 'sweep',
    rows,
    limitMs: round(limitMs, 0),
    equalMs: round(equalMs, 0),
    ratio: round(equalMs / limitMs, 2),
    differingMs: round(differingMs, 0),
    differingRatio: round(differingMs / limitMs, 2),
    differing: differing.length,
    named: named.length,
    allNamed,
    rowsPerSec: round(rows / (equalMs / 1000), 0),
    target: 1.5,
    pass: allNamed && equalMs / limitMs <= 1.5 && differingMs / limitMs <= 1.8,
  }),
);
process.exitCode = allNamed ? 0 : 1;
