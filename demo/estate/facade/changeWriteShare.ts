import type { JsonClient } from '../httpClient.ts';
import { numberOf, objectOf, textOf } from '../jsonBody.ts';
import { messageOf } from '../log.ts';

export interface OwnershipPeers {
  readonly monolith: JsonClient;
  readonly service: JsonClient;
  readonly orders: JsonClient;
}

const DRAIN_WITHIN_MS = 20_000;
const COMMIT_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** The write share that is in force, and its epoch. */
export async function currentOwnership(peers: OwnershipPeers): Promise<{ share: number; epoch: bigint }> {
  const body = objectOf((await peers.monolith.send('GET', '/admin/ownership')).body);
  return { share: numberOf(body, 'share'), epoch: BigInt(textOf(body, 'epoch')) };
}

/**
 * Hands the moving items over to their new owner: holds new work on them everywhere, waits until what had begun has
 * ended and both sides hold the same rows, opens the next ownership epoch on every side, and only then lets the work
 * go on: what the new owner writes finds every side in the new epoch.
 * @throws Error if they have not drained in twenty seconds; everything is then as it was.
 */
export async function changeWriteShare(peers: OwnershipPeers, share: number): Promise<void> {
  const now = await currentOwnership(peers);
  if (now.share === share) return;
  try {
    await tell(peers, { phase: 'prepare', share });
    await untilDrained(peers, now.share, share);
    await untilCommitted(peers, share, now.epoch + 1n);
  } finally {
    await tell(peers, { phase: 'release' }).catch(() => undefined);
  }
}

/** Tells everybody, whoever may be away. */
async function tell({ orders, monolith, service }: OwnershipPeers, body: object): Promise<void> {
  const answers = await Promise.allSettled(
    [orders, monolith, service].map(async (peer) => {
      const { status, body: answer } = await peer.send('PUT', '/admin/ownership', body);
      if (status !== 200) throw new Error(`HTTP ${status} ${JSON.stringify(answer)}`);
    }),
  );
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (failed !== undefined) throw new Error(`not everybody takes part in the change: ${messageOf(failed.reason)}`);
}

/** There is no way back once one side has the new epoch: the others are told until they have it as well. */
async function untilCommitted(peers: OwnershipPeers, share: number, epoch: bigint): Promise<void> {
  const giveUpAt = Date.now() + COMMIT_WITHIN_MS;
  for (;;) {
    try {
      return await tell(peers, { phase: 'commit', share, epoch: String(epoch) });
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}

async function untilDrained(peers: OwnershipPeers, from: number, to: number): Promise<void> {
  const path = `/admin/drained?from=${from}&to=${to}`;
  const giveUpAt = Date.now() + DRAIN_WITHIN_MS;
  let missing = '';
  while (Date.now() < giveUpAt) {
    // In this order: a saga that has ended here may still have something to do there.
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
