// The faults of the demo: what each does to the estate, and which rows it makes wrong.

export const FAULT_IDS = [
  'pause-applier',
  'drop-cdc-event',
  'rogue-write',
  'applier-bug',
  'slow-reads',
  'read-errors',
  'stuck-saga',
  'failed-compensation',
  'stop-connector',
  'schema-break',
  'duplicate-events',
] as const;
export type FaultId = (typeof FAULT_IDS)[number];

/** How the faults are switched from a command line. */
export const FAULT_USAGE = `npm run demo:fault -- <id> on|off      switches a fault of the running demo
npm run demo:fault -- list             says of each fault what it does, and whether it is on
npm run demo:fault -- repair           mends the rows that faults left wrong
  --data DIR   folder of the demo, if it is not the only one on a default folder (or DEMO_DATA)
ids: ${FAULT_IDS.join(', ')}`;

/** One fault that can be switched on and off while the estate runs. */
export interface Fault {
  readonly id: FaultId;
  /** What happens in the estate, in one sentence. */
  readonly does: string;
  /** What Banyan must make of it. */
  readonly expected: string;
  /** How many items it makes wrong; the load leaves them alone from then on until they are mended. */
  readonly wrongItems: number;
  switchOn(itemIds: readonly number[]): Promise<void>;
  switchOff(itemIds: readonly number[]): Promise<void>;
}

export function isFaultId(text: string): text is FaultId {
  return (FAULT_IDS as readonly string[]).includes(text);
}
