import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { freePort } from '../../../lib/adapters/embedded/embeddedPostgres.ts';
import { type KafkaStack, startKafka } from '../kafka/startKafka.ts';
import { envelopeContract } from './envelopeContract.ts';
import { kafkaContract } from './kafkaContract.ts';

describe('Apache Kafka, Connect and Debezium', () => {
  const folder = mkdtempSync('/tmp/banyan-contract-');
  let stack: KafkaStack;

  beforeAll(async () => {
    stack = await startKafka({
      dataDir: join(folder, 'kafka'),
      logDir: join(folder, 'logs'),
      kafkaPort: await freePort(),
      connectPort: await freePort(),
      log: () => undefined,
    });
  });
  afterAll(async () => {
    await stack.stopConnect();
    await stack.stopBroker();
    rmSync(folder, { recursive: true, force: true });
  });

  const infrastructure = () => ({
    name: 'kafka',
    brokers: [stack.kafka],
    connectUrl: stack.connectUrl,
    postgresUrl: inject('postgresUrl'),
    killAndRestartCapture: () => stack.killAndRestartConnect(),
  });
  kafkaContract(infrastructure);
  envelopeContract(infrastructure);
});
