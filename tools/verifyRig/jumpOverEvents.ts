import type { RigApplier } from './rigApplier.ts';
import type { RigEvent } from './rigEvent.ts';

/**
 * Has the applier's position set forward over these events of one transaction, partition by partition: they lie side by
 * side there, so that nothing else is jumped over.
 */
export function jumpOverEvents(applier: RigApplier, events: readonly RigEvent[]): void {
  for (const [partition, own] of Map.groupBy(events, (event) => event.partition)) {
    const offsets = own.map(({ offset }) => offset).sort((a, b) => (a < b ? -1 : 1));
    applier.jumpOver({ partition, from: offsets[0] ?? 0n, to: (offsets.at(-1) ?? 0n) + 1n });
  }
}
