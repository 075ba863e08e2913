// Builds the web part into .next/standalone, ready to be started by `banyan start`. With --if-needed it does nothing
// when the sources are those of the last build.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, root, run } from './run.ts';

const INPUTS = [
  'app/**/*',
  'lib/**/*.ts',
  'prisma/schema.prisma',
  'package-lock.json',
  'next.config.js',
  'tsconfig.json',
  'postcss.config.*',
  'proxy.ts',
  'instrumentation.ts',
];
const standalone = join(root, '.next', 'standalone');
const stamp = join(standalone, '.sources');

/** One digest over everything that the build is made of. */
function sourcesDigest(): string {
  const hash = createHash('sha256');
  const files = globSync(INPUTS, { cwd: root }).filter((file) => !/\.test\.tsx?$/.test(file));
  for (const file of files.sort()) {
    const path = join(root, file);
    if (statSync(path).isFile()) hash.update(file).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

const digest = sourcesDigest();
if (process.argv.includes('--if-needed') && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest)
  process.exit(0);
const code = await run(bin('next'), ['build'], {
  ...process.env,
  NODE_ENV: 'production',
  NEXT_TELEMETRY_DISABLED: '1',
});
if (code !== 0) process.exit(code);
cpSync(join(root, '.next', 'static'), join(standalone, '.next', 'static'), { recursive: true });
if (existsSync(join(root, 'public'))) cpSync(join(root, 'public'), join(standalone, 'public'), { recursive: true });
writeFileSync(stamp, digest);
