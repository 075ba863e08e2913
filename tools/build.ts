// Builds web and completes its standalone folder: the server needs the static files beside it before it starts.
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bin, root, run } from './run.ts';

process.env.NEXT_TELEMETRY_DISABLED = '1';
const standalone = join(root, '.next', 'standalone');
rmSync(standalone, { recursive: true, force: true });
for (const [command, args] of [
  [bin('prisma'), ['generate']],
  [bin('next'), ['build']],
] as const) {
  const code = await run(command, args);
  if (code !== 0) process.exit(code);
}
cpSync(join(root, '.next', 'static'), join(standalone, '.next', 'static'), { recursive: true });
if (existsSync(join(root, 'public'))) cpSync(join(root, 'public'), join(standalone, 'public'), { recursive: true });
console.log('built: .next/standalone/server.js');
