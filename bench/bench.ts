// `npm run bench -- <name> [options]`: runs one benchmark. Each prints one JSON line with its figure, the figure of
// its rival or limit from the same run, and the ratio.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NOT_BENCHMARKS = ['bench.ts'];
const folder = fileURLToPath(new URL('.', import.meta.url));
const names = readdirSync(folder)
  .filter((file) => /^[a-z0-9-]+\.ts$/i.test(file) && !NOT_BENCHMARKS.includes(file))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();

const [name, ...options] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  if (name !== undefined) console.error(`there is no benchmark ${JSON.stringify(name)}`);
  console.error(`usage: npm run bench -- <name> [options]\nnames: ${names.join(', ')}`);
  process.exit(64);
}
const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
process.argv = [process.argv[0] ?? 'node', file, ...options];
await import(file);
