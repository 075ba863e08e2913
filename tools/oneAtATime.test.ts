import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { oneAtATime } from './oneAtATime.js';

const newLock = () => join(mkdtempSync(join(tmpdir(), 'banyan-lock-')), 'cache', 'installing');
const nobody = () => undefined;

it('runs what comes at once one after another, and tells those that wait', async () => {
  const lock = newLock();
  const said: string[] = [];
  const job = (name: string) =>
    oneAtATime(
      lock,
      () => said.push(`${name} waits`),
      async () => {
        said.push(`${name} begins`);
        await new Promise((done) => setImmediate(done));
        said.push(`${name} ends`);
        return name;
      },
    );
  expect(await Promise.all([job('one'), job('two')])).toEqual(['one', 'two']);
  expect(said).toEqual(['one begins', 'two waits', 'one ends', 'two begins', 'two ends']);
  expect(readdirSync(join(lock, '..'))).toEqual([]);
});

it('takes over the lock of a process that has ended', async () => {
  const lock = newLock();
  await oneAtATime(lock, nobody, async () => undefined);
  // Above the largest process id of any Linux.
  writeFileSync(lock, '5000000');
  expect(
    await oneAtATime(
      lock,
      () => expect.fail('it waits'),
      async () => 'done',
    ),
  ).toBe('done');
});

it('gives the lock back when the work fails', async () => {
  const lock = newLock();
  await expect(oneAtATime(lock, nobody, async () => Promise.reject(new Error('no network')))).rejects.toThrow(
    'no network',
  );
  expect(existsSync(lock)).toBe(false);
});
