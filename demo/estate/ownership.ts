// One owner per item: only the owner changes its stock, the other side follows by CDC.
import { FIRST_CANARY } from './canaries.ts';

export type Owner = 'monolith' | 'inventory-service';

/**
 * A stable number in [0, 1) for an item (FNV-1a, then a finishing mix, so that neighbouring ids spread); 1 for a canary,
 * which no write share moves.
 */
export function shareOf(itemId: number): number {
  if (itemId >= FIRST_CANARY) return 1;
  let hash = 0x811c9dc5;
  for (const char of String(itemId)) {
    hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/** Who owns the item when `writeShare` (0 to 1) of the items belong to the service. */
export function ownerOf(itemId: number, writeShare: number): Owner {
  return shareOf(itemId) < writeShare ? 'inventory-service' : 'monolith';
}

/** True if the item changes its owner between the two shares. */
export function moves(itemId: number, fromShare: number, toShare: number): boolean {
  return ownerOf(itemId, fromShare) !== ownerOf(itemId, toShare);
}
