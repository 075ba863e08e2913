import { type Applier, startApplier } from '../applier.ts';
import { FaultSwitches } from '../faultSwitches.ts';
import { serve } from '../httpServer.ts';
import { openService } from '../openService.ts';
import { OwnershipGate } from '../ownershipGate.ts';
import { env, runService } from '../service.ts';
import { stockRoutes } from '../stockApi.ts';
import { startStockOwner } from '../stockOwner.ts';

// The new service: follows the monolith's rows by CDC, and owns the items that were handed over to it.
const SERVICE = 'inventory-service';

await runService(SERVICE, async () => {
  const { databaseUrl, pool, kafka, relay, stops } = await openService(SERVICE, 12);
  const faults = new FaultSwitches();
  const gate = new OwnershipGate();
  await gate.load(pool);
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
  return [stopHttp, stopOwner, () => stopApplier(), ...stops];
});
