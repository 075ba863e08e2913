import type { Kafka } from 'kafkajs';
import pg from 'pg';
import { kafkaClient } from './kafka.ts';
import { type Relay, startRelay } from './outbox.ts';
import { env } from './service.ts';
import { startTelemetry } from './telemetry.ts';

/** What each service with a database of its own stands on. */
export interface OpenService {
  readonly databaseUrl: string;
  readonly pool: pg.Pool;
  readonly kafka: Kafka;
  readonly relay: Relay;
  /** The parts to stop, in order, after what the service runs on top of them. */
  readonly stops: readonly (() => Promise<void>)[];
}

/** Opens telemetry, database, Kafka and the outbox relay of a service, by the environment. */
export async function openService(service: string, connections: number): Promise<OpenService> {
  const stopTelemetry = startTelemetry(service);
  const databaseUrl = env('DATABASE_URL');
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections, application_name: service });
  pool.on('error', () => undefined);
  const kafka = kafkaClient(service, env('KAFKA_BROKERS'));
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const relay = startRelay(pool, producer, service);
  const stops = [() => relay.stop(), () => producer.disconnect(), () => pool.end(), stopTelemetry];
  return { databaseUrl, pool, kafka, relay, stops };
}
