import type { JsonClient } from '../httpClient.ts';
import { numberOf, objectOf, textOf } from '../jsonBody.ts';

export interface OwnershipPeers {
  readonly monolith: JsonClient;
  readonly service: JsonClient;
  readonly orders: JsonClient;
}

const DRAIN_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 100;

/** The write share that is in force, and its epoch. */
export async function currentOwnership(peers: OwnershipPeers): Promise<{ share: number; epoch: bigint }> {
  const body = objectOf((await peers.monolith.send('GET', '/admin/ownership')).body);
  return { share: numberOf(body, 'share'), epoch: BigInt(textOf(body, 'epoch')) };
}

/**
 * Hands the moving items over to their new owner: holds new work on them everywhere, waits until what had begun has
 * ended and both sides hold the same rows, opens the next ownership epoch on both, and lets the work go on.
 * @throws Error if they have not drained in twenty seconds; everything is then as it was.
 */
export async function changeWriteShare(peers: OwnershipPeers, share: number): Promise<void> {
  const everybody = [peers.orders, peers.monolith, peers.service];
  const tell = async (body: object): Promise<void> => {
    for (const peer of everybody) await peer.send('PUT', '/admin/ownership', body);
  };
  const now = await currentOwnership(peers);
  if (now.share === share) return;
  await tell({ phase: 'prepare', share });
  try {
    await untilDrained(peers, now.share, share);
    await tell({ phase: 'commit', share, epoch: String(now.epoch + 1n) });
  } catch (error) {
    await tell({ phase: 'abort' });
    throw error;
  }
}

async function untilDrained(peers: OwnershipPeers, from: number, to: number): Promise<void> {
  const path = `/admin/drained?from=${from}&to=${to}`;
  const giveUpAt = Date.now() + DRAIN_WITHIN_MS;
  let missing = '';
  while (Date.now() < giveUpAt) {
    const orders = objectOf((await peers.orders.send('GET', path)).body);
    const monolith = objectOf((await peers.monolith.send('GET', path)).body);
    const service = objectOf((await peers.service.send('GET', path)).body);
    const isQuiet = [orders, monolith, service].every((state) => state.quiet === true);
    if (isQuiet && monolith.digest === service.digest) return;
    missing = isQuiet ? 'both sides do not hold the same rows yet' : 'work that had begun has not ended';
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error(`the moving items did not drain within ${DRAIN_WITHIN_MS / 1_000} s: ${missing}`);
}
