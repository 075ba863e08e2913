// The verifier under writers and faults at random, held against a ledger: 0 false DIVERGED, 0 missed, every leg right.
// npm run bench -- verify-soak [--minutes 2] [--rows 2000] [--corruptions 100] [--seed 1] [--writes 100] [--kafka]
import { parseArgs } from 'node:util';
import { verifySoak } from '../tools/verifySoak/verifySoak.ts';

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    minutes: { type: 'string', default: '2' },
    rows: { type: 'string', default: '2000' },
    corruptions: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    writes: { type: 'string', default: '100' },
    kafka: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const seed = Number(values.seed);
const kind = values.kafka ? 'kafka' : 'embedded';
const figures = await verifySoak({
  minutes: Number(values.minutes),
  rows: Number(values.rows),
  corruptions: Number(values.corruptions),
  seed,
  writesPerSec: Number(values.writes),
  kind,
  log: (line) => console.error(line),
});
const { seconds, verdicts, missed, falseDiverged, wrongLegs, contradicted, ...rest } = figures;
const faults = [missed, falseDiverged, wrongLegs, contradicted];
const pass = faults.every((each) => each.length === 0) && verdicts > 0 && figures.lastPass;
const FIRST = 20;
console.log(
  JSON.stringify({
    bench: 'verify-soak',
    kind,
    seed,
    seconds: Math.round(seconds),
    verdicts,
    verdictsPerSec: Math.round(verdicts / seconds),
    falseDiverged: falseDiverged.length,
    missed: missed.length,
    wrongLegs: wrongLegs.length,
    ...rest,
    contradicted: contradicted.length,
    examples: faults.flatMap((each) => each.slice(0, FIRST)),
    pass,
  }),
);
process.exitCode = pass ? 0 : 1;
