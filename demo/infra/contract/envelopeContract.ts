import { Partitioners } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Received } from './contractKafka.ts';
import { EnvelopeSetup, productRow } from './envelopeSetup.ts';
import type { Infrastructure } from './infrastructure.ts';
import { comparable, exactJson, recordedMessage } from './recordedMessage.ts';
import { waitUntil } from './waitUntil.ts';

const textOf = (received: Received | undefined): string | null => received?.message.value?.toString() ?? null;

/** Header names in their order, with the values that do not name one run. */
const headersOf = (headers: Record<string, unknown>): [string, string][] =>
  Object.entries(headers).map(([name, value]) => [
    name,
    /connectorLogicalName|runId/.test(name) ? 'any' : String(value),
  ]);

/** What capture must send; the same cases for the embedded one and for Debezium, against Debezium's recordings. */
export function envelopeContract(infrastructure: () => Infrastructure): void {
  describe('the capture', () => {
    let setup: EnvelopeSetup;
    beforeAll(async () => {
      setup = await EnvelopeSetup.open(infrastructure());
    });
    afterAll(() => setup?.close());

    const expectRecorded = (received: Received | undefined, name: string): void => {
      const recording = recordedMessage(name);
      expect(comparable(textOf(received))).toEqual(comparable(recording.value));
      expect(headersOf(received?.message.headers ?? {})).toEqual(headersOf(recording.headers));
    };

    recordings(() => setup, expectRecorded);
    rowImages(() => setup);
    positions(() => setup, infrastructure);
    connectors(() => setup);
  });
}

function recordings(
  setup: () => EnvelopeSetup,
  expectRecorded: (received: Received | undefined, name: string) => void,
): void {
  describe('gives what was recorded, field by field and in the same order, for', () => {
    it('a row of the snapshot, with a key above 2^53', async () => {
      const [read] = await setup().ofKey('product', '{"id":9007199254740993}', 1);
      expectRecorded(read, 'friendly-product-r');
    });

    it('insert, update, a changed key and delete', async () => {
      await setup().sql(`insert into inventory.product values ${productRow('2')}`);
      await setup().sql('update inventory.product set price = -0.01, qty = 6, big = -9007199254740993 where id = 2');
      await setup().sql('update inventory.product set id = 3 where id = 2');
      await setup().sql('delete from inventory.product where id = 3');
      const old = await setup().ofKey('product', '{"id":2}', 4);
      expectRecorded(old[0], 'friendly-product-c');
      expectRecorded(old[1], 'friendly-product-u');
      expectRecorded(old[2], 'friendly-product-d');
      expectRecorded(old[3], 'friendly-product-tombstone');
      const renamed = await setup().ofKey('product', '{"id":3}', 3);
      expectRecorded(renamed[0], 'friendly-product-c-2');
      expectRecorded(renamed[1], 'friendly-product-d-2');
      expectRecorded(renamed[2], 'friendly-product-tombstone-2');
    });

    it('NULL, NaN and infinity', async () => {
      await setup().sql(
        `insert into inventory.product (id, sku, weight, qty, created_at, local_ts, d)
         values (20, 'SPECIAL', 'NaN', 0, 'infinity', 'infinity', 'infinity')`,
      );
      const [created] = await setup().ofKey('product', '{"id":20}', 1);
      expectRecorded(created, 'friendly-product-c-3');
    });
  });
}

interface Envelope {
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly op: string;
  readonly source: Record<string, unknown>;
}

function envelopeOf(received: Received | undefined): Envelope {
  const raw = textOf(received);
  if (raw === null) throw new Error('a tombstone where an envelope is expected');
  return exactJson(raw) as Envelope;
}

function rowImages(setup: () => EnvelopeSetup): void {
  describe('row images', () => {
    it('hold the whole row before the change under REPLICA IDENTITY FULL', async () => {
      await setup().sql(`insert into inventory.product_full values ${productRow('7')}`);
      await setup().sql('update inventory.product_full set qty = 6 where id = 7');
      await setup().sql('delete from inventory.product_full where id = 7');
      const [created, updated, deleted] = (await setup().ofKey('product_full', '{"id":7}', 4)).map((each, i) =>
        i < 3 ? envelopeOf(each) : undefined,
      );
      expect(created?.before).toBeNull();
      expect(updated?.before).toEqual(created?.after);
      expect(updated?.after).toEqual({ ...created?.after, qty: 6 });
      expect(deleted?.before).toEqual(updated?.after);
      expect(deleted?.after).toBeNull();
    });

    it('name an unchanged TOASTed value as unavailable, and hold it under REPLICA IDENTITY FULL', async () => {
      const noise = `(select string_agg(md5(i::text), '') from generate_series(1, 500) i)`;
      for (const table of ['doc', 'doc_full']) {
        await setup().sql(`insert into inventory.${table} values (1, 't', ${noise})`);
        await setup().sql(`update inventory.${table} set title = 't2' where id = 1`);
      }
      const [, updated] = await setup().ofKey('doc', '{"id":1}', 2);
      expect(comparable(textOf(updated))).toEqual(comparable(recordedMessage('plain-doc-u').value));
      const [full, fullUpdated] = (await setup().ofKey('doc_full', '{"id":1}', 2)).map(envelopeOf);
      expect(fullUpdated?.after).toEqual({ ...full?.after, title: 't2' });
      expect(fullUpdated?.before).toEqual(full?.after);
    });

    it('have no key where the table has none', async () => {
      await setup().sql("insert into inventory.nopk values (1, 'x')");
      const [created] = await waitUntil('the row', () =>
        setup().of('nopk').length > 0 ? setup().of('nopk') : undefined,
      );
      expect(created?.message.key).toBeNull();
      expect(envelopeOf(created).after).toEqual({ a: 1, b: 'x' });
    });

    it('are not sent for a truncate', async () => {
      await setup().sql('insert into inventory.doc values (50, null, null)');
      await setup().sql('truncate inventory.doc');
      await setup().sql('insert into inventory.doc values (51, null, null)');
      await setup().ofKey('doc', '{"id":51}', 1);
      await setup().settled();
      const all = setup()
        .of('doc')
        .filter(({ message }) => message.value !== null);
      expect(all.map(envelopeOf).every(({ op }) => op === 'c' || op === 'u')).toBe(true);
    });

    it('are not sent for changes under a replication origin', async () => {
      const origin = `${setup().name}_origin`;
      await setup().sql('select pg_replication_origin_create($1)', [origin]);
      await setup().sql('select pg_replication_origin_session_setup($1)', [origin]);
      await setup().sql('insert into inventory.doc values (60, null, null)');
      await setup().sql('select pg_replication_origin_session_reset()');
      await setup().sql('insert into inventory.doc values (61, null, null)');
      await setup().ofKey('doc', '{"id":61}', 1);
      await setup().settled();
      const keys = setup()
        .of('doc')
        .map(({ message }) => message.key?.toString());
      await setup().sql('select pg_replication_origin_drop($1)', [origin]);
      expect(keys).not.toContain('{"id":60}');
    });

    it('lie in the partition that the default partitioner of Kafka chooses', async () => {
      await setup().sql("insert into inventory.doc select i, 'p', null from generate_series(100, 130) i");
      await setup().ofKey('doc', '{"id":130}', 1);
      await setup().ofKey('doc', '{"id":100}', 1);
      const partitionMetadata = [0, 1, 2].map((partitionId) => ({
        partitionErrorCode: 0,
        partitionId,
        leader: 0,
        replicas: [0],
        isr: [0],
      }));
      const choose = Partitioners.DefaultPartitioner();
      for (const { topic, partition, message } of setup().of('doc'))
        expect(partition).toBe(choose({ topic, partitionMetadata, message: { key: message.key, value: null } }));
    });
  });
}

function positions(setup: () => EnvelopeSetup, infrastructure: () => Infrastructure): void {
  describe('positions', () => {
    it('carry the end of the last transaction before and their own place, in order', async () => {
      await setup().sql('begin');
      await setup().sql('insert into inventory.doc values (200, null, null), (201, null, null)');
      await setup().sql('commit');
      const sent = [await setup().ofKey('doc', '{"id":200}', 1), await setup().ofKey('doc', '{"id":201}', 1)].map(
        ([one]) => envelopeOf(one),
      );
      const [first, second] = sent.map(({ source }) => (JSON.parse(String(source.sequence)) as string[]).map(BigInt));
      expect(first?.[0]).toBe(second?.[0]);
      expect((first?.[1] ?? 0n) < (second?.[1] ?? 0n)).toBe(true);
      expect((first?.[0] ?? 0n) <= (first?.[1] ?? 0n)).toBe(true);
      expect(sent[0]?.source.txId).toBe(sent[1]?.source.txId);
      expect(sent[0]?.source.lsn).toBe(Number(first?.[1]));
    });

    it('move on while idle: heartbeats on their topic, the action query as a change, the committed offset past now', async () => {
      const beats = () => setup().received.filter(({ topic }) => topic === setup().heartbeatTopic);
      const before = beats().length;
      await waitUntil('two more heartbeats', () => (beats().length >= before + 2 ? true : undefined));
      const beat = beats().at(-1);
      expect(beat?.message.key?.toString()).toBe(JSON.stringify({ serverName: setup().name }));
      expect(textOf(beat)).toMatch(/^\{"ts_ms":\d{13}\}$/);
      expect(setup().of('heartbeat').length).toBeGreaterThan(1);
      await setup().settled();
    });

    it('are resumed after kill -9 without loss', async () => {
      const ids = Array.from({ length: 300 }, (_, i) => 1000 + i);
      for (const id of ids.slice(0, 150))
        await setup().sql('insert into inventory.doc values ($1, $2, null)', [id, 'k']);
      const restarted = infrastructure().killAndRestartCapture();
      for (const id of ids.slice(150)) await setup().sql('insert into inventory.doc values ($1, $2, null)', [id, 'k']);
      await restarted;
      await waitUntil(
        'every row',
        () => {
          const keys = new Set(
            setup()
              .of('doc')
              .map(({ message }) => message.key?.toString()),
          );
          return ids.every((id) => keys.has(JSON.stringify({ id }))) ? true : undefined;
        },
        60_000,
      );
    });
  });
}

function connectors(setup: () => EnvelopeSetup): void {
  describe('the REST interface', () => {
    it('lists the connector and tells its state', async () => {
      const { connect, name } = setup();
      expect(JSON.parse((await connect.call('GET', '/connectors')).text)).toContain(name);
      await connect.waitForState(name, 'RUNNING,RUNNING');
    });

    it('pauses, resumes and stops; what happened meanwhile is sent afterwards', async () => {
      const { connect, name } = setup();
      expect((await connect.call('PUT', `/connectors/${name}/pause`)).status).toBe(202);
      await connect.waitForState(name, 'PAUSED,PAUSED');
      await setup().sql('insert into inventory.doc values (300, null, null)');
      expect((await connect.call('PUT', `/connectors/${name}/resume`)).status).toBe(202);
      await setup().ofKey('doc', '{"id":300}', 1);
      expect((await connect.call('PUT', `/connectors/${name}/stop`)).status).toBe(204);
      await connect.waitForState(name, 'STOPPED');
      await setup().sql('insert into inventory.doc values (301, null, null)');
      expect((await connect.call('PUT', `/connectors/${name}/resume`)).status).toBe(202);
      await setup().ofKey('doc', '{"id":301}', 1);
      await connect.waitForState(name, 'RUNNING,RUNNING');
    });

    it('answers 404 for a connector that is not there and 400 for a configuration that can not be used', async () => {
      const { connect } = setup();
      expect((await connect.call('GET', '/connectors/nobody/status')).status).toBe(404);
      const config = { ...setup().config(), 'slot.name': 'NOT a slot', 'topic.prefix': '' };
      const refused = await connect.call('PUT', '/connectors/refused/config', config);
      expect(refused.status).toBe(400);
      expect(refused.text).toContain('slot.name');
    });
  });
}
