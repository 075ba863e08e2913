// `banyan diff` and reladiff of PyPI, in turns, on a table that follows another with a delay while it is written: false
// keys, and planted keys that were missed.
// npm run bench -- diff [--rows 1000000] [--runs 5] [--rate 300] [--no-rival]
import { parseArgs } from 'node:util';
import { benchDiff, type DiffRun } from '#lib/runtime/benchDiff.ts';

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    rows: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '5' },
    rate: { type: 'string', default: '300' },
    'no-rival': { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const rows = Number(values.rows);
const updatesPerSec = Number(values.rate);
const delayMs = [50, 200] as const;

const { banyan, reladiff, rival } = await benchDiff({
  rows,
  runs: Number(values.runs),
  updatesPerSec,
  delayMs,
  planted: 10,
  withRival: !values['no-rival'],
});
const columns = (runs: readonly DiffRun[]) => ({
  falseKeys: runs.map((run) => run.falseKeys),
  missed: runs.map((run) => run.missed),
  wrong: runs.map((run) => run.wrong),
  unsettled: runs.map((run) => run.unsettled),
  tookMs: runs.map((run) => Math.round(run.tookMs)),
});
const pass = banyan.every((run) => run.falseKeys === 0 && run.missed === 0);
console.log(
  JSON.stringify({
    bench: 'diff',
    rows,
    updatesPerSec,
    delayMs,
    rival,
    banyan: columns(banyan),
    reladiff: columns(reladiff),
    pass,
  }),
);
process.exitCode = pass ? 0 : 1;
