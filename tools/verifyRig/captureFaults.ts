// What goes wrong between the source's log and Kafka. A change under a replication origin is in the log and in the
// table, and the connector leaves it out: to everyone behind it, the event was lost. An altered event is one that was
// lost and came with another after-image.
import type { Message } from 'kafkajs';
import type pg from 'pg';
import { demoKafka } from '../../demo/infra/demoKafka.ts';
import { patiently } from './patiently.ts';
import type { RigWriter } from './rigWriter.ts';
import type { VerifyRig } from './verifyRig.ts';

/** Runs one statement on the source whose events never reach Kafka. */
export async function loseBeforeKafka(rig: VerifyRig, sql: string, values: unknown[] = []): Promise<void> {
  await underOrigin(rig, (client) => client.query(sql, values));
}

/**
 * Changes a row of the stock; its event arrives with these columns altered. The writer waits meanwhile, so that the
 * event lies where it would have been in the log.
 */
export async function alterBeforeKafka(
  rig: VerifyRig,
  writer: RigWriter,
  key: string,
  quantity: number,
  altered: Readonly<Record<string, unknown>>,
): Promise<void> {
  await writer.hold(async () => {
    await rig.captured();
    const [template] = await rig.tap.awaitEvents([key], (event) => event.after !== null);
    if (template === undefined) throw new Error(`no event of key ${key} to take the form from`);
    const before = await insertLsn(rig.source.pool);
    const txId = await underOrigin(rig, async (client) => {
      await client.query('update inventory set quantity = $2 where item_id = $1', [key, quantity]);
      const { rows } = await client.query('select pg_current_xact_id()::text as id');
      return Number(rows[0].id);
    });
    const lsn = await insertLsn(rig.source.pool);
    const envelope = JSON.parse(template.text);
    const nowMs = Date.now();
    const message = {
      partition: template.partition,
      key: template.keyText,
      value: JSON.stringify({
        ...envelope,
        op: 'u',
        before: envelope.after,
        after: { ...envelope.after, quantity, ...altered },
        source: {
          ...envelope.source,
          snapshot: 'false',
          ts_ms: nowMs,
          ts_us: nowMs * 1_000,
          txId,
          lsn: Number(lsn),
          sequence: JSON.stringify([String(before), String(lsn)]),
        },
        ts_ms: nowMs,
        ts_us: nowMs * 1_000,
      }),
    };
    await produce(rig, [message]);
    // A captured commit after it: the events that follow name that one, and so lie above the altered one.
    await rig.source.pool.query('update cdc_heartbeat set ts = now()');
  });
}

/**
 * Produces the newest records of the source's topic once more, to their partitions, as a connector does that restarts
 * from an old offset. It never sends rows of a snapshot after the changes that followed them.
 */
export async function redeliver(rig: VerifyRig, count: number): Promise<void> {
  const records = await patiently(`${count} changes on the topic`, () => {
    const newest = rig.tap.newest(count);
    return newest.length === count ? newest : undefined;
  });
  await produce(
    rig,
    records.map(({ partition, message }) => ({ ...message, partition })),
  );
}

async function produce(rig: VerifyRig, messages: Message[]): Promise<void> {
  const producer = demoKafka(rig.streaming.kafka).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    await producer.send({ topic: rig.forward.topic, messages });
  } finally {
    await producer.disconnect();
  }
}

async function underOrigin<T>(rig: VerifyRig, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await rig.source.pool.connect();
  try {
    await client.query('select pg_replication_origin_session_setup($1)', [rig.lossOrigin]);
    await client.query('begin');
    const value = await work(client);
    await client.query('commit');
    await client.query('select pg_replication_origin_session_reset()');
    client.release();
    return value;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function insertLsn(pool: pg.Pool): Promise<bigint> {
  const { rows } = await pool.query(`select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as lsn`);
  return BigInt(rows[0].lsn);
}
