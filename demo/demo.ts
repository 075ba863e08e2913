// npm run demo: a live migration from a monolith to event-driven services, and Banyan judging it.
import { relative } from 'node:path';
import { isLive, mayMoveOn } from './banyanClient.ts';
import { DemoError, describeError } from './demoError.ts';
import { type DemoOptions, parseDemoOptions, USAGE } from './options.ts';
import { Parts } from './parts.ts';
import { type RunningDemo, runDemo } from './runDemo.ts';
import { nextStage } from './stages.ts';
import { environmentFile } from './startBanyan.ts';
import { waitFor } from './waitFor.ts';
import { watchLauncher } from './watchLauncher.ts';

/** A terminal's Ctrl-C reaches this process once by itself and again through npm: within this time it is one. */
const SAME_SIGNAL_MS = 1_000;
const STOP_WITHIN_MS = 9_000;

const startedAtMs = Date.now();
const stopping = new AbortController();
const parts = new Parts();
let unlock: () => void = () => undefined;
let isHeadless = false;

function say(line: string): void {
  const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1).padStart(6);
  (isHeadless ? process.stderr : process.stdout).write(`${seconds} s  ${line}\n`);
}

async function stopEverything(exitCode: number): Promise<never> {
  stopping.abort(new DemoError('stopping'));
  await parts.stopAll(STOP_WITHIN_MS, say);
  unlock();
  if (exitCode === 0) say('stopped');
  process.exit(exitCode);
}

let firstSignalAtMs: number | undefined;
function onSignal(): void {
  if (firstSignalAtMs === undefined) {
    firstSignalAtMs = Date.now();
    say('stopping; Ctrl-C again to kill');
    void stopEverything(0);
    return;
  }
  if (Date.now() - firstSignalAtMs < SAME_SIGNAL_MS) return;
  parts.killAll();
  unlock();
  process.exit(130);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
watchLauncher(onSignal);

async function main(options: DemoOptions): Promise<void> {
  isHeadless = options.headless;
  say(`Acme shop moves its inventory out of the monolith; state in ${options.dataDir}`);
  say(
    options.fast
      ? 'targets are RELAXED (--fast): a pass here proves less than the plan asks for'
      : 'targets are those of the plan; the minimum duration is 0 instead of 24 h',
  );
  const running = await runDemo({
    demo: options,
    parts,
    signal: stopping.signal,
    step: say,
    note: say,
    onLocked: (release) => {
      unlock = release;
    },
  });
  await announce(options, running);
  if (options.walk) await walk(running);
}

/** Waits for the first verdict and says where everything is. */
async function announce(options: DemoOptions, running: RunningDemo): Promise<void> {
  const { banyan, urls, player, evidenceSinceMs } = running;
  if (banyan !== undefined) {
    say(`Banyan: ${urls.web}`);
    const gate = await waitFor(
      async () => {
        const current = await banyan.gate(player.stage);
        return current !== undefined && isLive(current, evidenceSinceMs) ? current : undefined;
      },
      { what: `the first verdict on ${player.stage}`, timeoutMs: 180_000, everyMs: 500, signal: stopping.signal },
    );
    say(`first verdict on inventory/${player.stage}: ${gate.verdict}${gate.reason ? ` (${gate.reason})` : ''}`);
    say(`self-test: canary rows are made wrong for a moment; ${urls.web}/consistency tells what is found`);
    await banyan.startSelfTest().catch((error: unknown) => say(`the self-test did not begin: ${describeError(error)}`));
  }
  if (options.headless) {
    process.stdout.write(`${JSON.stringify({ ready: true, ...urls })}\n`);
    return;
  }
  if (banyan !== undefined) {
    const file = environmentFile(options);
    const near = relative(process.cwd(), file);
    const gate = `npm run -s banyan -- gate inventory/${player.stage}`;
    say(`Banyan's commands: . ${near.startsWith('..') ? file : near} && ${gate}`);
  }
  say(`facade ${urls.facade}   control ${urls.control}   Kafka ${urls.kafka}`);
  const folder = process.argv.includes('--data') ? ` --data ${options.dataDir}` : '';
  say(`faults: npm run demo:fault -- <id> on|off${folder}   (list shows them)`);
  say('Ctrl-C stops everything in order');
}

/** From stage to stage, each when the gate of the one before lets it. */
async function walk({ banyan, player }: RunningDemo): Promise<void> {
  if (banyan === undefined) throw new DemoError('--walk needs Banyan: its gate says when to go on');
  for (let next = nextStage(player.stage); next !== undefined; next = nextStage(player.stage)) {
    const from = player.stage;
    say(`walk: waiting until the gate inventory/${from} passes`);
    const { leftOut } = await waitFor(
      async () => {
        const gate = await banyan.gate(from);
        const move = gate === undefined ? undefined : mayMoveOn(gate);
        return move?.go === true ? move : undefined;
      },
      { what: `the gate inventory/${from}`, timeoutMs: 24 * 3_600_000, everyMs: 2_000, signal: stopping.signal },
    );
    if (leftOut.length > 0) say(`walk: not judged in this version: ${leftOut.join(', ')}`);
    await player.moveTo(next);
  }
  say(`walk: arrived at ${player.stage}`);
}

try {
  const options = parseDemoOptions(process.argv.slice(2), process.env);
  if (options === 'help') {
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  }
  await main(options);
} catch (error) {
  if (!stopping.signal.aborted) {
    process.stderr.write(`demo: ${describeError(error)}\n`);
    await stopEverything(1);
  }
}
