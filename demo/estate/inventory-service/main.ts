import pg from 'pg';
import { type Applier, startApplier } from '../applier.ts';
import { FaultSwitches } from '../faultSwitches.ts';
import { serve } from '../httpServer.ts';
import { kafkaClient } from '../kafka.ts';
import { startRelay } from '../outbox.ts';
import { OwnershipGate } from '../ownershipGate.ts';
import { env, runService } from '../service.ts';
import { stockRoutes } from '../stockApi.ts';
import { startStockOwner } from '../stockOwner.ts';
import { startTelemetry } from '../telemetry.ts';

// The new service: follows the monolith's rows by CDC, and owns the items that were handed over to it.
const SERVICE = 'inventory-service';

await runService(SERVICE, async () => {
  const stopTelemetry = startTelemetry(SERVICE);
  const databaseUrl = env('DATABASE_URL');
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 12, application_name: SERVICE });
  pool.on('error', () => undefined);
  const faults = new FaultSwitches();
  const gate = new OwnershipGate();
  await gate.load(pool);
  const kafka = kafkaClient(SERVICE, env('KAFKA_BROKERS'));
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const relay = startRelay(pool, producer, SERVICE);
  let applier: Applier | undefined;
  let isReady = false;
  const table = 'stock_level';
  const stopHttp = await serve(
    Number(env('PORT')),
    stockRoutes({ service: SERVICE, pool, table, gate, relay, faults, applier: () => applier, isReady: () => isReady }),
  );
  applier = await startApplier({
    kafka,
    service: SERVICE,
    groupId: 'inventory-applier',
    topic: 'monolith.public.inventory',
    databaseUrl,
    table,
    origin: 'from_monolith',
    follows: (itemId) => gate.ownerOf(itemId) === 'monolith',
    faults,
  });
  const stopOwner = await startStockOwner({ kafka, service: SERVICE, pool, table, relay, faults });
  const stopApplier = applier.stop;
  isReady = true;
  return [
    stopHttp,
    stopOwner,
    () => stopApplier(),
    () => relay.stop(),
    () => producer.disconnect(),
    () => pool.end(),
    stopTelemetry,
  ];
});
