import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './run.ts';

const LONGEST_FILE_LINES = 300;
const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(ts|tsx|js|mjs|cjs|css)$/.test(file) && file !== 'tools/schema-engine.mjs');

it('no file is longer than 300 lines', () => {
  const long = tracked.filter(
    (file) => readFileSync(join(root, file), 'utf8').split('\n').length - 1 > LONGEST_FILE_LINES,
  );
  expect(long).toEqual([]);
});

it('nothing is named utils, helpers, common or manager', () => {
  const vague = tracked.filter((file) =>
    /(^|[a-z])(utils?|helpers?|common|manager)$/i.test(basename(file).split('.')[0] ?? ''),
  );
  expect(vague).toEqual([]);
});

it('no test is skipped or focused', () => {
  const marked = tracked
    .filter((file) => /\.(test|spec)\.tsx?$/.test(file) && !file.endsWith('projectShape.test.ts'))
    .filter((file) => /\b(it|test|describe)\.(only|todo|skip)\b/.test(readFileSync(join(root, file), 'utf8')));
  expect(marked).toEqual([]);
});
