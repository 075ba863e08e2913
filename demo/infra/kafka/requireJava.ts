import { spawnSync } from 'node:child_process';
import { DemoError } from '../../demoError.ts';

const INSTALL =
  'on Debian or Ubuntu: apt-get install -y openjdk-17-jre-headless maven; on macOS: brew install openjdk@17 maven';

/** The major version in what `java -version` prints ("17.0.15", "1.8.0_402", "21"), or undefined. */
export function javaMajor(text: string): number | undefined {
  const found = /version "(?:1\.)?(\d+)/.exec(text);
  return found?.[1] === undefined ? undefined : Number(found[1]);
}

/** @throws DemoError with the install command unless Java 17 or newer is on the PATH. */
export function requireJava(): void {
  const run = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const text = `${run.stderr ?? ''}${run.stdout ?? ''}`;
  const major = run.error === undefined ? javaMajor(text) : undefined;
  if (major === undefined) {
    throw new DemoError('Apache Kafka needs Java 17 or newer, and there is no java on the PATH', {
      fix: `${INSTALL}; or run the demo without Java: npm run demo`,
    });
  }
  if (major < 17) {
    throw new DemoError(`Apache Kafka needs Java 17 or newer; java on the PATH is version ${major}`, { fix: INSTALL });
  }
}

/** @throws DemoError with the install command unless Maven is on the PATH. */
export function requireMaven(): void {
  if (spawnSync('mvn', ['-version'], { encoding: 'utf8', shell: process.platform === 'win32' }).status === 0) return;
  throw new DemoError('Maven fetches Apache Kafka and Debezium, and there is no mvn on the PATH', {
    fix: `${INSTALL}; or run the demo without them: npm run demo`,
  });
}

/** Why the real stack cannot run on this machine, or undefined if it can. */
export function missingForRealStack(): string | undefined {
  try {
    requireJava();
    requireMaven();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
