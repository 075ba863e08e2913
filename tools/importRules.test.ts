import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { bin, root } from './run.ts';

const written: string[] = [];
afterEach(() => {
  for (const file of written.splice(0)) rmSync(file, { force: true });
});

function violations(file: string, text: string): Promise<string> {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  written.push(path);
  return new Promise((resolve) => {
    execFile(bin('depcruise'), ['--config', '.dependency-cruiser.cjs', file], { cwd: root }, (error, stdout) =>
      resolve(error === null ? '' : stdout),
    );
  });
}

describe('a forbidden import is refused', { timeout: 60_000 }, () => {
  it.each([
    [
      'core-is-pure',
      'lib/core/forbidden.ts',
      `import { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n`,
    ],
    ['core-is-pure', 'lib/core/forbidden.ts', `import type { Pool } from 'pg';\nexport type X = Pool;\n`],
    ['services-know-core-and-ports', 'lib/services/forbidden.ts', `import pg from 'pg';\nexport const x = pg;\n`],
    [
      'kafkajs-in-adapters-kafka-only',
      'lib/adapters/store/forbidden.ts',
      `import { Kafka } from 'kafkajs';\nexport const x = Kafka;\n`,
    ],
    [
      'app-through-runtime-web',
      'app/forbidden.ts',
      `import { openDatabase } from '../lib/adapters/store/database.ts';\nexport const x = openDatabase;\n`,
    ],
    [
      'estate-is-somebody-elses-system',
      'demo/estate/forbidden.ts',
      `import { BanyanError } from '../../lib/errors.ts';\nexport const x = BanyanError;\n`,
    ],
  ])('%s: %s', async (rule, file, text) => {
    expect(await violations(file, text)).toContain(rule);
  });
});
