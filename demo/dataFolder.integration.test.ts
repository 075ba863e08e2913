import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataFolder, openState, readRunning } from './dataFolder.ts';

describe('the data folder of a demo', () => {
  let folder: string;
  let other: ChildProcess;

  beforeEach(() => {
    folder = mkdtempSync('/tmp/banyan-folder-');
    other = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)', 'demo']);
  });

  afterEach(async () => {
    if (other.exitCode === null && other.signalCode === null) {
      other.kill('SIGKILL');
      await new Promise((done) => other.once('exit', done));
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const runOther = () =>
    writeFileSync(join(folder, 'running.json'), JSON.stringify({ pid: other.pid, control: 'http://127.0.0.1:1' }));

  it('is taken by one demo at a time', () => {
    runOther();
    expect(() => lockDataFolder(folder, 'http://127.0.0.1:2')).toThrow(
      new RegExp(`a demo runs on ${folder} already \\(process ${other.pid}, control http://127.0.0.1:1\\)`),
    );
    expect(readRunning(folder)?.control).toBe('http://127.0.0.1:1');
  });

  it('is taken over from a demo that was killed', async () => {
    runOther();
    other.kill('SIGKILL');
    await new Promise((done) => other.once('exit', done));
    const lock = lockDataFolder(folder, 'http://127.0.0.1:2');
    expect(lock.tookOver).toBe(true);
    lock.release();
    expect(lockDataFolder(folder, 'http://127.0.0.1:3').tookOver).toBe(false);
  });

  it('keeps its state from one start to the next, readable by nobody else', () => {
    const first = openState(folder, { infra: 'embedded', items: 10 });
    expect(openState(folder, { infra: 'embedded', items: 99 })).toEqual(first);
    expect(statSync(join(folder, 'demo.json')).mode & 0o077).toBe(0);
  });

  it('refuses the other infrastructure, whose topics would be missing', () => {
    openState(folder, { infra: 'embedded', items: 10 });
    expect(() => openState(folder, { infra: 'kafka', items: 10 })).toThrow(/was made with --infra embedded, not kafka/);
  });
});
