// npm run demo:fault: switches the faults of a running demo.
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { FAULT_USAGE, isFaultId } from './control/fault.ts';
import { readRunning } from './dataFolder.ts';
import { DemoError, describeError } from './demoError.ts';

const stateSchema = z.object({
  id: z.string(),
  does: z.string(),
  expected: z.string(),
  on: z.boolean(),
  wrongItems: z.array(z.number()),
});
const mendedSchema = z.object({ mended: z.array(z.object({ itemId: z.number(), owner: z.string() })) });

/** The control API of the demo on this data folder, or of the only demo that runs on a default folder. */
function findControl(dataDir: string | undefined): string {
  const root = fileURLToPath(new URL('../.banyan', import.meta.url));
  const folders = dataDir === undefined ? [join(root, 'demo'), join(root, 'demo-kafka')] : [resolve(dataDir)];
  const running = folders.flatMap((folder) => readRunning(folder) ?? []);
  const [only] = running;
  if (only !== undefined && running.length === 1) return only.control;
  throw new DemoError(
    running.length === 0 ? `no demo runs on ${folders.join(' or ')}` : 'two demos run; say which one you mean',
    { fix: 'start one with npm run demo, or name its folder: --data DIR' },
  );
}

async function call(url: string, method: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(url, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new DemoError(`${method} ${url}: HTTP ${answer.status} ${text.trim()}`);
  return JSON.parse(text);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { data: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [id = '', word] = positionals;
  // A shell that has read the demo's banyan.env means that demo.
  const dataDir = values.data ?? process.env.DEMO_DATA;
  if (values.help === true) {
    console.log(FAULT_USAGE);
    return;
  }
  if (id === 'list') {
    const states = z.array(stateSchema).parse(await call(`${findControl(dataDir)}/faults`, 'GET'));
    for (const state of states) console.log(`${state.on ? 'on ' : 'off'}  ${state.id.padEnd(20)} ${state.does}`);
    return;
  }
  if (id === 'repair') {
    const { mended } = mendedSchema.parse(await call(`${findControl(dataDir)}/repair`, 'POST'));
    for (const row of mended) console.log(`item ${row.itemId}: made equal to the row of ${row.owner}`);
    console.log(`${mended.length} rows mended`);
    return;
  }
  if (!isFaultId(id) || (word !== 'on' && word !== 'off')) {
    throw new DemoError(`expected a fault and on or off, found ${JSON.stringify(positionals.join(' '))}`, {
      fix: `usage:\n${FAULT_USAGE}`,
    });
  }
  const answer = await call(`${findControl(dataDir)}/faults/${id}`, 'POST', { on: word === 'on' });
  const state = stateSchema.parse(answer);
  console.log(state.on ? `${state.id} is on: ${state.does}` : `${state.id} is off`);
  if (state.on) console.log(`expected: ${state.expected}`);
  if (state.wrongItems.length > 0) console.log(`items: ${state.wrongItems.join(', ')}`);
  if (!state.on) {
    const left = state.wrongItems.length > 0 ? 'these rows stay wrong until npm run demo:fault -- repair; ' : '';
    console.log(`${left}a new attempt opens when what began under the fault has ended`);
  }
}

try {
  await main();
} catch (error) {
  console.error(`demo:fault: ${describeError(error)}`);
  process.exitCode = 1;
}
