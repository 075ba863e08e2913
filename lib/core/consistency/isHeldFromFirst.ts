// A connector that restarts sends changes again, and an applier that has them drops them. Of a change that is held, what the
// applier did with it tells something only if it had not come before: where repeats are held they are marked, and this is
// for the others, whose first delivery may lie before everything that is held.
import type { FlowEvidence, PartitionEvidence } from './flowEvidence.ts';
import type { HeldEvent } from './heldEvent.ts';
import { extendTxId } from './snapshot.ts';

/**
 * True if the change can't have come before what is held of its partition: nothing lies before that, or its transaction
 * had not begun when it was fixed from where on all is held, or at an earlier look that had read as far as that or further.
 */
export function isHeldFromFirst(
  { partitions, grown, looks, snapshot }: Pick<FlowEvidence, 'partitions' | 'grown' | 'looks' | 'snapshot'>,
  { part, txId }: Pick<HeldEvent, 'part' | 'txId'>,
): boolean {
  // In a topic that has grown it may have come to another partition first.
  const asked = grown ? partitions : partitions.filter((own) => own.part === part);
  const isHeld = ({ part, baseline, heldSince }: PartitionEvidence) => {
    if (baseline === null) return false;
    if (baseline.offset === 0n && heldSince === 'start') return true;
    if (txId === null) return false;
    return (
      extendTxId(txId, snapshot) >= baseline.transactionId ||
      looks.some(
        ({ writer }) => baseline.offset <= (writer.ends.get(part) ?? -1n) && extendTxId(txId, writer) >= writer.xmax,
      )
    );
  };
  return asked.length > 0 && asked.every(isHeld);
}
