import type { EstateAdmin, ServiceName } from './estateAdmin.ts';
import type { Fault, FaultId } from './fault.ts';

interface Switch {
  readonly id: FaultId;
  /** The services that act the fault out, each by its own switch. */
  readonly services: readonly ServiceName[];
  readonly does: string;
  readonly expected: string;
}

const SWITCHES: readonly Switch[] = [
  {
    id: 'pause-applier',
    services: ['inventory-service'],
    does: 'the service stops applying the change events of the monolith',
    expected: 'CDC lag fails with a growing number; rows are PENDING or STALLED, not DIVERGED',
  },
  {
    id: 'slow-reads',
    services: ['inventory-service'],
    does: 'the service answers reads 80 to 150 ms later',
    expected: 'latency fails',
  },
  {
    id: 'read-errors',
    services: ['inventory-service'],
    does: 'the service answers a few percent of the reads with an error',
    expected: 'the error rate fails',
  },
  {
    id: 'stuck-saga',
    services: ['payments'],
    does: 'payments leaves a few percent of the orders without an answer',
    expected: 'saga success fails: deadlines passed',
  },
  {
    id: 'failed-compensation',
    services: ['payments', 'monolith', 'inventory-service'],
    does: 'payments declines more, and the release of the reservation fails',
    expected: 'saga success fails: compensations failed',
  },
];

/** The faults that a service acts out by itself as long as its switch is on. */
export function switchFaults(admin: EstateAdmin): readonly Fault[] {
  return SWITCHES.map(({ services, ...fault }) => {
    const all = async (on: boolean): Promise<void> => {
      for (const service of services) await admin.switchFault(service, fault.id, on);
    };
    return { ...fault, wrongItems: 0, switchOn: () => all(true), switchOff: () => all(false) };
  });
}
