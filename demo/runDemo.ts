import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { assertPortFree } from '../lib/adapters/embedded/embeddedPostgres.ts';
import { type BanyanClient, banyanClient } from './banyanClient.ts';
import { startControlServer } from './control/controlServer.ts';
import { estateAdmin } from './control/estateAdmin.ts';
import { FaultBoard } from './control/faultBoard.ts';
import { rowFaults } from './control/rowFaults.ts';
import { streamFaults } from './control/streamFaults.ts';
import { switchFaults } from './control/switchFaults.ts';
import { lockDataFolder, openState } from './dataFolder.ts';
import { DemoError } from './demoError.ts';
import { readLedger } from './estate/ledger.ts';
import { moves, ownerOf } from './estate/ownership.ts';
import { prepareDatabases } from './estate/prepareDatabases.ts';
import { connectorConfig } from './infra/connectors.ts';
import { endLeftOvers } from './infra/endLeftOvers.ts';
import { startInfra } from './infra/infra.ts';
import { CDC_TOPICS, EVENT_TOPICS } from './infra/topics.ts';
import { lastLines, type ManagedProcess } from './managedProcess.ts';
import { type DemoOptions, PORTS, type PortName } from './options.ts';
import type { Parts } from './parts.ts';
import { StagePlayer } from './stagePlayer.ts';
import { HIGHEST_WRITE_SHARE } from './stages.ts';
import { buildWeb, READER_ROLE, startBanyan } from './startBanyan.ts';
import { startEstate } from './startEstate.ts';
import { waitFor } from './waitFor.ts';
import { untilCalm, untilFirstEvidence, untilSynchronised } from './warmUp.ts';

export interface DemoUrls {
  readonly web: string;
  readonly otlpHttp: string;
  /** host:port */
  readonly otlpGrpc: string;
  /** host:port */
  readonly kafka: string;
  readonly control: string;
  readonly facade: string;
  readonly workerMetrics: string;
  readonly databases: { readonly store: string; readonly monolith: string; readonly inventory: string };
}

export interface RunningDemo {
  readonly urls: DemoUrls;
  readonly player: StagePlayer;
  /** Undefined where Banyan was left out. */
  readonly banyan: BanyanClient | undefined;
  /** When the evidence of the running stage began. */
  readonly evidenceSinceMs: number;
}

export interface RunOptions {
  readonly demo: DemoOptions;
  readonly parts: Parts;
  readonly signal: AbortSignal;
  readonly step: (line: string) => void;
  /** Says something about what runs by itself, outside the steps. */
  readonly note: (line: string) => void;
  /** Takes the function that gives the data folder back. */
  readonly onLocked: (unlock: () => void) => void;
}

/** Starts everything, step by step, and resolves when the stage plays and its evidence counts. */
export async function runDemo(options: RunOptions): Promise<RunningDemo> {
  const { demo, parts, signal, step, note } = options;
  const urls = urlsOf(demo);
  const lock = lockDataFolder(demo.dataDir, urls.control);
  options.onLocked(lock.release);
  const state = openState(demo.dataDir, { infra: demo.infra, items: demo.items });
  await endLeftOvers(demo.dataDir);
  if (lock.tookOver) {
    step('the demo before this one was killed: waiting until its parts have ended');
    await waitFor(() => assertPortsFree(demo).then(() => true), { what: 'its ports', timeoutMs: 15_000, signal });
  }
  await assertPortsFree(demo);
  signal.throwIfAborted();

  // The first build takes as long as everything else until the web is needed, so it runs beside it.
  if (demo.banyan)
    step('web: building its pages unless they are built from these sources; the first time takes up to a minute');
  const built = demo.banyan ? buildWeb(demo, parts).then(() => step('web: built')) : Promise.resolve();
  built.catch(() => undefined);
  const infra = await startInfra({ kind: demo.infra, dataDir: demo.dataDir, ports: demo.ports, log: step });
  parts.add('infra', { name: 'infrastructure', stop: () => infra.stop(), kill: () => infra.kill() });
  signal.throwIfAborted();

  step(`databases: monolith with ${state.items} items, inventory, orders, payments; role ${READER_ROLE} may only read`);
  const { store: _, ...estateDatabases } = infra.databases;
  const { items, readerPassword } = state;
  const canaryPassword = randomBytes(18).toString('base64url');
  await prepareDatabases(estateDatabases, { items, readerPassword, canaryPassword });
  await infra.ensureTopics([...CDC_TOPICS, ...EVENT_TOPICS]);
  signal.throwIfAborted();

  const isStopping = (): boolean => signal.aborted;
  const onLoss = (child: ManagedProcess, logFile: string): void => {
    if (isStopping()) return;
    void child.ended.then((how) => note(`${child.name} ended by itself (${how}): ${lastLines(logFile, 3)}`));
  };
  const banyanReady = demo.banyan
    ? built.then(() => startBanyan({ demo, infra, readerPassword, canaryPassword, parts, signal, onLoss }))
    : undefined;
  banyanReady?.catch(() => undefined);

  step(`estate: monolith, inventory-service, orders, payments, facade on ${urls.facade}`);
  const estate = await startEstate({
    kafka: infra.kafka,
    databases: infra.databases,
    otlpHttp: urls.otlpHttp,
    facadePort: demo.ports.facade,
    dataDir: demo.dataDir,
    items: state.items,
    rate: demo.rate,
    parts,
    signal,
    onLoss,
  });
  const admin = estateAdmin(estate.urls);

  step('connector: changes of the monolith go to Kafka, the service takes them over');
  await infra.putConnector('monolith', connectorConfig('monolith', infra.databases.monolith));
  await untilSynchronised(infra.databases, signal);

  // Before the load: on a small machine it would take its time from the build.
  if (banyanReady !== undefined) {
    step(`banyan start --config ${join(demo.dataDir, 'banyan.yaml')}, once the web is built`);
    await banyanReady;
  }
  const banyan = demo.banyan ? banyanClient(urls.web, 'inventory') : undefined;
  const player = new StagePlayer({ infra, admin, banyan, log: step });
  const faults = new FaultBoard({
    faults: [
      ...switchFaults(admin),
      ...rowFaults(infra.databases, admin),
      ...streamFaults({ kafka: infra.kafka, connectUrl: infra.connectUrl, log: note }),
    ],
    admin,
    databases: infra.databases,
    file: join(demo.dataDir, 'wrong-items.json'),
    items: state.items,
    // Items that stay with the monolith in every stage: a handover of a row that is wrong would never drain.
    isMonolithOwned: (itemId) => ownerOf(itemId, Math.max(HIGHEST_WRITE_SHARE, player.shares.writes)) === 'monolith',
    openAttempt: (reason) => player.openAttempt(reason),
    log: note,
  });
  parts.add('control', { name: 'faults', stop: () => faults.close(), kill: () => undefined });

  await player.arrange(demo.stage);
  step(`load: ${demo.rate} business operations a second`);
  const loadSinceMs = Date.now();
  await estate.startLoad();
  await faults.reserveAgain();
  player.rate = demo.rate;

  if (banyan !== undefined) {
    step('warm-up: until the first change is applied, the first span is stored, and lookups are quick');
    await untilFirstEvidence(infra.databases, loadSinceMs, signal);
    if (!(await untilCalm(urls.facade, signal))) note('lookups stay slow on this machine; going on all the same');
  }
  const evidenceSinceMs = Date.now();
  await player.begin(demo.stage);

  const control = await startControlServer(demo.ports.control, {
    faults,
    status: async () => ({
      ...player.state(),
      infra: demo.infra,
      relaxed: demo.fast,
      items: state.items,
      urls,
      connectors: {
        monolith: await infra.connectorState('monolith'),
        inventory: await infra.connectorState('inventory'),
      },
      processes: estate.processes().map(({ name, pid, isRunning }) => ({ name, pid, isRunning })),
      faults: faults
        .list()
        .filter((fault) => fault.on)
        .map((fault) => fault.id),
      wrongItems: faults.wrongItems(),
    }),
    ledger: async () => ({ load: await admin.loadLedger(), ...(await readLedger(estateDatabases)) }),
    setStage: (stage) => player.moveTo(stage),
    async setShares(shares) {
      const stuck = faults.wrongItems().filter((itemId) => moves(itemId, player.shares.writes, shares.writes));
      if (stuck.length > 0) {
        throw new DemoError(`the rows of items ${stuck.join(', ')} are wrong and can't be handed over`, {
          fix: 'mend them first: npm run demo:fault -- repair',
        });
      }
      await player.setShares(shares);
    },
    setRate: (rate) => player.setRate(rate),
  });
  parts.add('control', { name: 'control API', stop: () => control.stop(), kill: () => undefined });
  step(`control API on ${control.url}`);
  return { urls, player, banyan, evidenceSinceMs };
}

function urlsOf({ ports }: DemoOptions): DemoUrls {
  const postgres = (name: string): string => `postgresql://postgres:postgres@127.0.0.1:${ports.postgres}/${name}`;
  return {
    web: `http://127.0.0.1:${ports.web}`,
    otlpHttp: `http://127.0.0.1:${ports.otlpHttp}`,
    otlpGrpc: `127.0.0.1:${ports.otlpGrpc}`,
    kafka: `127.0.0.1:${ports.kafka}`,
    control: `http://127.0.0.1:${ports.control}`,
    facade: `http://127.0.0.1:${ports.facade}`,
    workerMetrics: `http://127.0.0.1:${ports.workerMetrics}`,
    databases: { store: postgres('store'), monolith: postgres('monolith'), inventory: postgres('inventory') },
  };
}

async function assertPortsFree(demo: DemoOptions): Promise<void> {
  for (const [name, { what, variable }] of Object.entries(PORTS) as [PortName, (typeof PORTS)[PortName]][]) {
    await assertPortFree(demo.ports[name], what, variable);
  }
}
