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

it('takes over a lock that nobody touches any more, and not one that somebody does', { timeout: 30_000 }, async () => {
  const lock = newLock();
  await oneAtATime(lock, nobody, async () => undefined);
  writeFileSync(lock, 'left by a process that was killed');
  const order: string[] = [];
  const first = oneAtATime(
    lock,
    nobody,
    async () => {
      order.push('first begins');
      while (!order.includes('second waits')) await new Promise((done) => setTimeout(done, 10));
      // Longer than a lock may stand untouched.
      await new Promise((done) => setTimeout(done, 2_500));
      order.push('first ends');
    },
    1_500,
  );
  await expect.poll(() => order, { timeout: 10_000 }).toEqual(['first begins']);
  await oneAtATime(
    lock,
    () => order.push('second waits'),
    async () => order.push('second begins'),
    1_500,
  );
  await first;
  expect(order).toEqual(['first begins', 'second waits', 'first ends', 'second begins']);
});

it('gives the lock back when the work fails', async () => {
  const lock = newLock();
  await expect(oneAtATime(lock, nobody, async () => Promise.reject(new Error('no network')))).rejects.toThrow(
    'no network',
  );
  expect(existsSync(lock)).toBe(false);
});
