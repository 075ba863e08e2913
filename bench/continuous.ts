// Changes verified one by one over one connection to each side: keys a second with everything waiting, the reading of the
// log included, and the time from applied to verified under a steady load; beside them the limit, a bare re-read of the same random keys on both sides.
// npm run bench -- continuous [--keys 200000] [--seconds 20] [--writes 200]
import { parseArgs } from 'node:util';
import { continuousBench } from '../tools/continuousBench/continuousBench.ts';

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    keys: { type: 'string', default: '200000' },
    seconds: { type: 'string', default: '20' },
    writes: { type: 'string', default: '200' },
  },
  allowPositionals: true,
});

const keys = Number(values.keys);
const figures = await continuousBench({ keys, seconds: Number(values.seconds), writesPerSec: Number(values.writes) });
const keysPerSecPerPair = Math.round(figures.keysPerSec / Math.max(1, figures.connections));
const TARGET_KEYS_PER_SEC = 10_000;
const TARGET_P99_MS = 2_000;
const pass =
  figures.diverged === 0 && keysPerSecPerPair >= TARGET_KEYS_PER_SEC && figures.appliedToVerifiedP99Ms < TARGET_P99_MS;
console.log(
  JSON.stringify({
    bench: 'continuous',
    keys,
    keysPerSec: Math.round(figures.keysPerSec),
    connections: figures.connections,
    keysPerSecPerPair,
    cpuUsPerKey: figures.cpuUsPerKey === null ? null : Math.round(figures.cpuUsPerKey),
    limitKeysPerSec: Math.round(figures.limitKeysPerSec),
    ratio: Number((figures.keysPerSec / figures.limitKeysPerSec).toFixed(2)),
    appliedToVerifiedP50Ms: Math.round(figures.appliedToVerifiedP50Ms),
    appliedToVerifiedP99Ms: Math.round(figures.appliedToVerifiedP99Ms),
    changesMeasured: figures.changesMeasured,
    diverged: figures.diverged,
    target: { keysPerSecPerPair: TARGET_KEYS_PER_SEC, appliedToVerifiedP99Ms: TARGET_P99_MS },
    pass,
  }),
);
process.exitCode = pass ? 0 : 1;
