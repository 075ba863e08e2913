import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './run.ts';

/** What would make core depend on the moment, on chance or on the outside. */
const IMPURE: readonly [string, RegExp][] = [
  ['the clock', /\bDate\.now\b|\bnew Date\(\)|\bperformance\./],
  ['randomness', /\bMath\.random\b|\brandomUUID\b/],
  ['the process', /\bprocess\.|\bconsole\./],
  ['the network', /\bfetch\(/],
  ['async', /\basync\b|\bawait\b|\bPromise\b/],
];

/** The reasons for which a source text is not pure. */
function impurities(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, "''");
  return IMPURE.filter(([, pattern]) => pattern.test(code)).map(([name]) => name);
}

const files = globSync('lib/core/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'));

it.each(files)('%s is pure', (file) => {
  expect(impurities(readFileSync(join(root, file), 'utf8'))).toEqual([]);
});

it.each([
  ['const t = Date.now();', ['the clock']],
  ['export async function f() {}', ['async']],
  ['const x = Math.random();', ['randomness']],
  ['// Date.now() in a comment is fine\nconst text = "Promise";'.replaceAll('"', "'"), []],
])('sees what is impure: %s', (source, expected) => {
  expect(impurities(source)).toEqual(expected);
});
