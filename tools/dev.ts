// The pages with hot reload, over a store that is running already.
import { bin, run } from './run.ts';

if (process.env.DATABASE_URL === undefined) {
  console.error(
    [
      'npm run dev shows the pages over a running store; DATABASE_URL is not set.',
      'Start a demo in another terminal (npm run demo -- --headless) and take databases.store from its JSON line:',
      '  DATABASE_URL=postgresql://… npm run dev',
    ].join('\n'),
  );
  process.exit(64);
}
const port = process.env.PORT ?? '3000';
process.env.NEXT_TELEMETRY_DISABLED = '1';
process.exitCode = await run(bin('next'), ['dev', '--hostname', '127.0.0.1', '--port', port]);
