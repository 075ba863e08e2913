import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../lib/adapters/embedded/embeddedPostgres.ts';
import { duplicateNewest } from '../../control/duplicateRecords.ts';
import type { EstateAdmin } from '../../control/estateAdmin.ts';
import { FaultBoard } from '../../control/faultBoard.ts';
import { copyRows, differingItems, withClient } from '../../control/inventoryRows.ts';
import { rowFaults } from '../../control/rowFaults.ts';
import { streamFaults } from '../../control/streamFaults.ts';
import { prepareDatabases } from '../../estate/prepareDatabases.ts';
import { waitFor } from '../../waitFor.ts';
import { connectorConfig } from '../connectors.ts';
import { commandConnector } from '../connectRest.ts';
import { type Infra, type InfraKind, startInfra } from '../infra.ts';
import { CDC_TOPICS, EVENT_TOPICS, withAdmin } from '../topics.ts';

const ITEMS = 50;
const TOPIC = 'monolith.public.inventory';
const itemIds = Array.from({ length: ITEMS }, (_, index) => index + 1);

/** Processes whose command line names the folder. */
function processesOn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    });
}

async function recordsOn(kafka: string, topic: string): Promise<number> {
  const offsets = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  return offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
}

async function until(what: string, probe: () => Promise<boolean>): Promise<void> {
  await waitFor(async () => ((await probe()) ? true : undefined), { what, timeoutMs: 60_000 });
}

/** What the demo needs of either infrastructure, as tests: the life of its parts, and the faults of broker and rows. */
export function infraCases(kind: InfraKind): void {
  describe(`the ${kind} infrastructure`, () => {
    const folder = mkdtempSync('/tmp/banyan-infra-');
    chmodSync(folder, 0o755);
    const ports = { kafka: 0, connect: 0, postgres: 0 };
    let infra: Infra;
    let board: FaultBoard;
    let reserved: readonly number[] = [];
    const attempts: string[] = [];

    const start = () => startInfra({ kind, dataDir: folder, ports, log: () => undefined });

    beforeAll(async () => {
      ports.kafka = await freePort();
      ports.connect = await freePort();
      ports.postgres = await freePort();
      infra = await start();
      await prepareDatabases(infra.databases, { items: ITEMS, readerPassword: 'reader' });
      await infra.ensureTopics([...CDC_TOPICS, ...EVENT_TOPICS]);
      await infra.putConnector('monolith', connectorConfig('monolith', infra.databases.monolith));
      await copyRows(infra.databases, 'monolith', itemIds);
      const admin: EstateAdmin = {
        setShares: async () => undefined,
        setRate: async () => undefined,
        reserve: async (ids) => {
          reserved = ids;
        },
        switchFault: async () => undefined,
        loadLedger: async () => null,
      };
      const streams = { kafka: infra.kafka, connectUrl: infra.connectUrl, log: () => undefined };
      board = new FaultBoard({
        faults: [...rowFaults(infra.databases, admin), ...streamFaults(streams)],
        admin,
        databases: infra.databases,
        file: `${folder}/wrong-items.json`,
        items: ITEMS,
        isMonolithOwned: (itemId) => itemId % 2 === 0,
        openAttempt: async (reason) => void attempts.push(reason),
        log: () => undefined,
      });
    });

    afterAll(async () => {
      await infra.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it('brings the snapshot of the monolith to its topic', async () => {
      await until('the snapshot', async () => (await recordsOn(infra.kafka, TOPIC)) === ITEMS);
    });

    it('refuses a topic that exists with another number of partitions', async () => {
      const wrong = infra.ensureTopics([{ topic: TOPIC, partitions: 5, compacted: true }]);
      await expect(wrong).rejects.toThrow(`topic ${TOPIC} has 3 partitions instead of 5`);
    });

    it('pauses and resumes a connector', async () => {
      await commandConnector(infra.connectUrl, 'monolith', 'pause');
      await until('PAUSED', async () => (await infra.connectorState('monolith')) === 'PAUSED');
      await commandConnector(infra.connectUrl, 'monolith', 'resume');
      await until('RUNNING', async () => (await infra.connectorState('monolith')) === 'RUNNING');
    });

    it('stop-connector: nothing arrives while it is on, and everything after', async () => {
      await board.set('stop-connector', true);
      expect(await infra.connectorState('monolith')).toBe('STOPPED');
      const before = await recordsOn(infra.kafka, TOPIC);
      await changeItem(infra, 1);
      await board.set('stop-connector', false);
      await until('the change', async () => (await recordsOn(infra.kafka, TOPIC)) === before + 1);
      await copyRows(infra.databases, 'monolith', [1]);
    });

    it('drop-cdc-event: reserved rows of the monolith change and no event says so', async () => {
      const before = await recordsOn(infra.kafka, TOPIC);
      const { wrongItems } = await board.set('drop-cdc-event', true);
      expect(wrongItems).toEqual([50, 48, 46]);
      expect(reserved).toEqual(wrongItems);
      // A later change that does arrive shows that the capture has gone past the dropped ones.
      await changeItem(infra, 1);
      await until('the later change', async () => (await recordsOn(infra.kafka, TOPIC)) > before);
      expect(await recordsOn(infra.kafka, TOPIC)).toBe(before + 1);
      await copyRows(infra.databases, 'monolith', [1]);
      expect(await differingItems(infra.databases, itemIds)).toEqual([46, 48, 50]);
    });

    it('rogue-write: other rows of the service change, and the first ones stay wrong', async () => {
      const { wrongItems } = await board.set('rogue-write', true);
      expect(wrongItems).toEqual([44, 42, 40]);
      expect(await differingItems(infra.databases, itemIds)).toEqual([40, 42, 44, 46, 48, 50]);
    });

    it('repair: mends exactly the wrong rows, frees their items and opens a new attempt', async () => {
      await board.set('drop-cdc-event', false);
      await board.set('rogue-write', false);
      const before = await recordsOn(infra.kafka, TOPIC);
      const mended = await board.repair();
      expect(mended.map((row) => row.itemId).sort()).toEqual([40, 42, 44, 46, 48, 50]);
      expect(await differingItems(infra.databases, itemIds)).toEqual([]);
      expect(reserved).toEqual([]);
      expect(attempts.slice(-3)).toEqual([
        'fault drop-cdc-event switched off',
        'fault rogue-write switched off',
        'rows of items 50, 48, 46, 44, 42, 40 mended',
      ]);
      expect(await recordsOn(infra.kafka, TOPIC)).toBe(before);
    });

    it('schema-break: six records that nobody can decode', async () => {
      const before = await recordsOn(infra.kafka, TOPIC);
      await board.set('schema-break', true);
      await board.set('schema-break', false);
      expect(await recordsOn(infra.kafka, TOPIC)).toBe(before + 6);
    });

    it('duplicate-events: the newest records come again, partition by partition', async () => {
      const topics = [TOPIC, 'shop.orders'];
      const before = await recordsOn(infra.kafka, TOPIC);
      const count = await duplicateNewest({ kafka: infra.kafka, topics, log: () => undefined, perPartition: 5 });
      expect(count).toBe(15);
      expect(await recordsOn(infra.kafka, TOPIC)).toBe(before + 15);
    });

    it('finds topics, records, rows and connector again at the next start', async () => {
      const before = await recordsOn(infra.kafka, TOPIC);
      await infra.stop();
      expect(processesOn(folder)).toEqual([]);
      infra = await start();
      expect(await recordsOn(infra.kafka, TOPIC)).toBe(before);
      await infra.putConnector('monolith', connectorConfig('monolith', infra.databases.monolith));
      await changeItem(infra, 1);
      await until('the change', async () => (await recordsOn(infra.kafka, TOPIC)) > before);
    });

    it('leaves no process behind when whoever started it is killed', async () => {
      await infra.stop();
      const args = [kind, folder, ports.kafka, ports.connect, ports.postgres].map(String);
      const entry = fileURLToPath(new URL('./heldInfra.ts', import.meta.url));
      const holder = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise<void>((done) => holder.stdout.once('data', () => done()));
      expect(processesOn(folder).length).toBeGreaterThan(2);
      holder.kill('SIGKILL');
      await until('no process', async () => processesOn(folder).length === 0);
      infra = await start();
    });
  });
}

async function changeItem(infra: Infra, itemId: number): Promise<void> {
  await withClient(infra.databases.monolith, (client) =>
    client.query(
      'update inventory set quantity = quantity + 1, version = version + 1, updated_at = now() where item_id = $1',
      [itemId],
    ),
  );
}
