import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DemoError } from '../../demoError.ts';
import { requireMaven } from './requireJava.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));
const lockFile = join(here, 'jars.sha256');

/** Where the jars are kept: `lib/` for broker and Connect, `plugins/` for Debezium. */
export const jarFolder = join(projectRoot, '.cache', 'kafka');

/** sha256 in hex of each jar below the folder, by its path with forward slashes. */
export function digestJars(folder: string): Map<string, string> {
  const digests = new Map<string, string>();
  if (!existsSync(folder)) return digests;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.jar')) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join('/');
    digests.set(name, createHash('sha256').update(readFileSync(path)).digest('hex'));
  }
  return digests;
}

/** Reads a lock in the format of sha256sum: digest, two spaces, path. */
export function parseLock(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return new Map(
    lines.map((line) => {
      const [digest = '', name = ''] = line.split(/\s+/, 2);
      return [name, digest] as const;
    }),
  );
}

/** Each jar that is missing, unexpected or not the locked one, in words; empty when the folder matches its lock. */
export function compareWithLock(found: ReadonlyMap<string, string>, locked: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  for (const [name, digest] of locked) {
    const actual = found.get(name);
    if (actual === undefined) problems.push(`${name} is missing`);
    else if (actual !== digest) problems.push(`${name} has sha256 ${actual}, the lock says ${digest}`);
  }
  for (const name of found.keys()) if (!locked.has(name)) problems.push(`${name} is not in the lock`);
  return problems;
}

/**
 * Sees to it that the jars of Apache Kafka, Connect and Debezium are in the cache folder and are exactly the locked ones.
 * @throws DemoError without Maven, when Maven fails (with its last lines), or when a fetched jar differs from the lock.
 */
export async function fetchJars(log: (line: string) => void): Promise<string> {
  const locked = parseLock(readFileSync(lockFile, 'utf8'));
  if (compareWithLock(digestJars(jarFolder), locked).length === 0) return jarFolder;
  requireMaven();
  log('fetching Apache Kafka and Debezium with Maven (about 75 MB, once)');
  const partial = `${jarFolder}.partial-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    copyFileSync(join(here, 'pom.xml'), join(partial, 'pom.xml'));
    await runMaven(partial);
    const problems = compareWithLock(digestJars(partial), locked);
    if (problems.length > 0) {
      throw new DemoError(`what Maven fetched is not what demo/infra/kafka/jars.sha256 locks: ${problems.join('; ')}`, {
        fix: 'check the Maven mirror in ~/.m2/settings.xml, clear the artifact from ~/.m2/repository and try again',
      });
    }
    rmSync(jarFolder, { recursive: true, force: true });
    renameSync(partial, jarFolder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return jarFolder;
}

async function runMaven(folder: string): Promise<void> {
  const child = spawn('mvn', ['-B', '-ntp', '-C', 'package'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = `${output}${chunk.toString('utf8')}`.slice(-4_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const code = await new Promise<number | null>((done, reject) => {
    child.once('error', reject);
    child.once('close', done);
  });
  if (code === 0) return;
  const errors = output.split('\n').filter((line) => line.includes('ERROR'));
  throw new DemoError(`mvn package failed (exit ${code}): ${errors.slice(0, 5).join(' ') || output.slice(-500)}`, {
    fix: 'check the network, the proxy and the mirror in ~/.m2/settings.xml; then try again',
  });
}
