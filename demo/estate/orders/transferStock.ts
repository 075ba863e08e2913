import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { integerOf, objectOf } from '../jsonBody.ts';
import type { Incoming } from '../messageConsumer.ts';
import { type OutboxMessage, putOutbox } from '../outbox.ts';
import type { Owner } from '../ownership.ts';

// The saga transfer-stock, an orchestration: this service sends each command, waits for its reply, and undoes the debit
// when the credit is refused.

export interface NewTransfer {
  readonly transferId: string;
  readonly fromItem: number;
  readonly toItem: number;
  readonly quantity: number;
}

/** A transfer as it was asked for, with an id of its own unless one was given. */
export function newTransfer(body: unknown): NewTransfer {
  const asked = objectOf(body);
  return {
    transferId: typeof asked.transferId === 'string' ? asked.transferId : randomUUID(),
    fromItem: integerOf(asked, 'fromItem'),
    toItem: integerOf(asked, 'toItem'),
    quantity: integerOf(asked, 'quantity'),
  };
}

interface TransferRow {
  transfer_id: string;
  from_item: string;
  to_item: string;
  quantity: number;
  from_owner: Owner;
  to_owner: Owner;
}

/** Stores the transfer and sends its first command. The same id again changes nothing. */
export async function startTransfer(
  client: PoolClient,
  transfer: NewTransfer,
  owners: { readonly from: Owner; readonly to: Owner },
): Promise<void> {
  const { rows } = await client.query<TransferRow>(
    `insert into transfers (transfer_id, from_item, to_item, quantity, from_owner, to_owner, state)
     values ($1, $2, $3, $4, $5, $6, 'debiting') on conflict do nothing returning *`,
    [transfer.transferId, transfer.fromItem, transfer.toItem, transfer.quantity, owners.from, owners.to],
  );
  const [row] = rows;
  if (row === undefined) return;
  await putOutbox(client, 'orders', [
    message('shop.transfers.replies', row, 'TransferRequested', { ...transfer }),
    command(row, 'DebitStock'),
  ]);
}

/** Where a reply leads: the state to be in, the next state, and what is sent. */
const NEXT: Readonly<Record<string, { in: string; state: string; command?: string; ends?: string }>> = {
  StockDebited: { in: 'debiting', state: 'crediting', command: 'CreditStock' },
  StockDebitRefused: { in: 'debiting', state: 'cancelled', ends: 'TransferCancelled' },
  StockCredited: { in: 'crediting', state: 'completed', ends: 'TransferCompleted' },
  StockCreditRefused: { in: 'crediting', state: 'refunding', command: 'RefundStock' },
  StockRefunded: { in: 'refunding', state: 'cancelled', ends: 'TransferCancelled' },
  StockRefundFailed: { in: 'refunding', state: 'failed', ends: 'TransferFailed' },
};

/** The replies that move a transfer on. */
export const TRANSFER_REPLIES: ReadonlySet<string> = new Set(Object.keys(NEXT));

/** Takes the transfer one step on; a reply that does not fit its state changes nothing. */
export async function continueTransfer(client: PoolClient, reply: Incoming): Promise<void> {
  const next = NEXT[reply.type];
  if (next === undefined) return;
  const { rows } = await client.query<TransferRow>(
    `update transfers set state = $3, ended_at = case when $4 then now() end
     where transfer_id = $1 and state = $2 returning *`,
    [reply.correlationId, next.in, next.state, next.ends !== undefined],
  );
  const [row] = rows;
  if (row === undefined) return;
  const messages: OutboxMessage[] = [];
  if (next.command !== undefined) messages.push(command(row, next.command, reply.messageId));
  if (next.ends !== undefined) messages.push(message('shop.transfers.replies', row, next.ends, {}, reply.messageId));
  await putOutbox(client, 'orders', messages);
}

function command(row: TransferRow, type: string, causationId?: string): OutboxMessage {
  const credits = type === 'CreditStock';
  const itemId = Number(credits ? row.to_item : row.from_item);
  const owner = credits ? row.to_owner : row.from_owner;
  return message('shop.transfers.commands', row, type, { itemId, quantity: row.quantity, owner }, causationId);
}

function message(topic: string, row: TransferRow, type: string, payload: object, causationId?: string): OutboxMessage {
  return {
    topic,
    key: row.transfer_id,
    type,
    saga: 'transfer-stock',
    correlationId: row.transfer_id,
    ...(causationId === undefined ? {} : { causationId }),
    payload: { transferId: row.transfer_id, ...payload },
  };
}
