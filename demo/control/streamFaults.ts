import { commandConnector, connectorStatus, overallState } from '../infra/connectRest.ts';
import { demoKafka } from '../infra/demoKafka.ts';
import { CDC_TOPICS, EVENT_TOPICS } from '../infra/topics.ts';
import { waitFor } from '../waitFor.ts';
import { startDuplicating } from './duplicateRecords.ts';
import type { Fault } from './fault.ts';

export interface Streams {
  readonly kafka: string;
  readonly connectUrl: string;
  readonly log: (line: string) => void;
}

const TOPIC = 'monolith.public.inventory';

/** The faults of broker and capture. */
export function streamFaults({ kafka, connectUrl, log }: Streams): readonly Fault[] {
  let duplicating: { stop(): Promise<void> } | undefined;
  return [
    {
      id: 'stop-connector',
      does: "stops the monolith's connector",
      expected: 'CDC lag fails with a growing number; rows are PENDING or STALLED, not DIVERGED',
      wrongItems: 0,
      switchOn: () => commandAndWait(connectUrl, 'stop', 'STOPPED'),
      switchOff: () => commandAndWait(connectUrl, 'resume', 'RUNNING'),
    },
    {
      id: 'schema-break',
      does: `produces records onto ${TOPIC} that are no JSON, or hold values of the wrong type`,
      expected: 'dead letters with topic, partition, offset and reason; nothing else stops',
      wrongItems: 0,
      async switchOn() {
        const producer = demoKafka(kafka).producer({ allowAutoTopicCreation: false });
        await producer.connect();
        try {
          await producer.send({ topic: TOPIC, messages: brokenRecords() });
        } finally {
          await producer.disconnect();
        }
      },
      async switchOff() {
        // What was produced stays on the topic, as it would in life.
      },
    },
    {
      id: 'duplicate-events',
      does: 'reads the newest records of the CDC and saga topics and produces them again, every few seconds',
      expected: 'nothing: the counts stay equal to the ledger',
      wrongItems: 0,
      async switchOn() {
        const topics = [...CDC_TOPICS, ...EVENT_TOPICS].map((spec) => spec.topic);
        duplicating = startDuplicating({ kafka, topics, log });
      },
      async switchOff() {
        await duplicating?.stop();
        duplicating = undefined;
      },
    },
  ];
}

async function commandAndWait(connectUrl: string, command: 'stop' | 'resume', state: string): Promise<void> {
  await commandConnector(connectUrl, 'monolith', command);
  await waitFor(
    async () => (overallState(await connectorStatus(connectUrl, 'monolith')) === state ? true : undefined),
    { what: `connector monolith ${state}`, timeoutMs: 30_000 },
  );
}

/** Records that no reader can decode; their keys name items that do not exist, so that no real row is harmed. */
function brokenRecords(): { key: string; value: string }[] {
  const envelope = (itemId: number, quantity: unknown) => ({
    before: null,
    after: { item_id: itemId, sku: 'BROKEN', quantity, reserved: 0, version: 1, updated_at: '2026-01-01T00:00:00Z' },
    source: { connector: 'postgresql', db: 'monolith', schema: 'public', table: 'inventory', ts_ms: Date.now() },
    op: 'u',
  });
  const key = (itemId: number): string => JSON.stringify({ item_id: itemId });
  return [
    { key: key(900_000_001), value: '{"before":null,"after":{"item_id":900000001,' },
    { key: key(900_000_002), value: '\u0000\u0001 no JSON at all' },
    { key: key(900_000_003), value: JSON.stringify(envelope(900_000_003, 'many')) },
    { key: key(900_000_004), value: JSON.stringify(envelope(900_000_004, { amount: 1 })) },
    { key: key(900_000_005), value: JSON.stringify(['an', 'array', 'instead', 'of', 'an', 'envelope']) },
    { key: 'a key that is no JSON', value: JSON.stringify(envelope(900_000_006, undefined)) },
  ];
}
