import { BanyanError } from '../../errors.ts';
import type { Principal } from '../../ports/principal.ts';
import type { DivergenceRow, DivergenceState } from '../../ports/readStore.ts';
import { requireRole } from '../requireRole.ts';
import { assertStorable, mappedTable } from './mappedTable.ts';
import type { Reading } from './reading.ts';

/** A divergence as the API lists it; 64-bit positions are decimal text, `lsn` is PostgreSQL's `X/Y`. */
export interface ListedDivergence {
  readonly key: string;
  readonly verdict: DivergenceState;
  readonly kind: string;
  readonly leg: string;
  readonly columns: readonly string[];
  readonly reason: string | null;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly lsn: string | null;
  readonly txid: string | null;
  readonly traceId: string | null;
  readonly sagaId: string | null;
}

export interface DivergencePage {
  readonly rows: readonly ListedDivergence[];
  /** Cursor of the next page, or null if this is the last. */
  readonly next: string | null;
}

export interface DivergencesRequest {
  readonly context: string;
  readonly table: string;
  readonly state: DivergenceState | null;
  readonly leg: string | null;
  /** Cursor of an earlier page, or null for the first. */
  readonly after: string | null;
  readonly limit: number;
}

/**
 * One page of a table's open divergences, in the order in which they were first seen; values of rows are left out.
 * @throws BanyanError `not_found` for an unknown table, `bad_input` for a cursor that none of its pages gave
 */
export async function readDivergences(
  reading: Reading,
  principal: Principal,
  request: DivergencesRequest,
): Promise<DivergencePage> {
  requireRole(principal, 'viewer');
  const { limit, after, ...rest } = request;
  const from = after === null ? null : positionOf(after);
  await mappedTable(reading, request.context, request.table);
  const rows = await reading.store.divergencesOf({ ...rest, after: from, limit: limit + 1 });
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { rows: rows.slice(0, limit).map(listed), next: last === undefined ? null : cursorOf(last) };
}

function listed(row: DivergenceRow): ListedDivergence {
  const { reason, topic, partition, offset, lsn, txid, traceId, sagaId } = row.detail;
  const { key, state: verdict, kind, leg, columns, firstSeenAt, lastSeenAt } = row;
  return {
    ...{ key, verdict, kind, leg, columns, reason, firstSeenAt, lastSeenAt },
    ...{ topic, partition, offset, lsn, txid, traceId, sagaId },
  };
}

/** The last millisecond of the year 9999: a later time is none that a page gave. */
const LAST_MS = Date.UTC(10_000, 0) - 1;

/** Where a page ended; keys hold any character, so it is not for reading. */
const cursorOf = ({ firstSeenAt, key }: DivergenceRow): string =>
  Buffer.from(`${Date.parse(firstSeenAt)} ${key}`).toString('base64url');

function positionOf(cursor: string): { firstSeenMs: number; key: string } {
  const match = /^(\d{1,15}) ([\s\S]*)$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (match?.[1] === undefined || match[2] === undefined || Number(match[1]) > LAST_MS) {
    throw new BanyanError('bad_input', 'after: not a cursor of this list', {
      fix: 'take it from the Link header of the page before, or leave it out to begin again',
    });
  }
  assertStorable(match[2]);
  return { firstSeenMs: Number(match[1]), key: match[2] };
}
