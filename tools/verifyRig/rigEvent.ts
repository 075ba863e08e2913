import type { KafkaMessage } from 'kafkajs';
import { z } from 'zod';

const FIELDS = z.record(z.string(), z.unknown()).nullable();
const ENVELOPE = z.object({
  op: z.enum(['c', 'u', 'd', 'r']),
  before: FIELDS,
  after: FIELDS,
  source: z.object({ sequence: z.string().nullable().optional(), txId: z.number().nullable() }),
});
const SEQUENCE = /^\[(?:null|"(\d+)"),\s*"(\d+)"\]$/;

/** Place of a change in its source's log; the first transaction of a slot names no commit, which counts as 0. */
export interface RigPosition {
  readonly commitLsn: bigint;
  readonly lsn: bigint;
}

/** A change event as the rig's own consumers read it. */
export interface RigEvent {
  readonly partition: number;
  readonly offset: bigint;
  /** Values of the key, joined by a comma. */
  readonly key: string;
  /** The message's key, as received. */
  readonly keyText: string;
  readonly op: 'c' | 'u' | 'd' | 'r';
  readonly after: Readonly<Record<string, unknown>> | null;
  /** The whole message, as received. */
  readonly text: string;
  readonly position: RigPosition | null;
}

/** Null for a tombstone and for what is not a change of a row. */
export function rigEvent(partition: number, message: KafkaMessage): RigEvent | null {
  if (message.value === null || message.key === null) return null;
  const text = message.value.toString();
  const parsed = ENVELOPE.safeParse(JSON.parse(text));
  if (!parsed.success) return null;
  const { op, after, source } = parsed.data;
  const match = SEQUENCE.exec(source.sequence ?? '');
  return {
    partition,
    offset: BigInt(message.offset),
    key: keyOf(message.key.toString()),
    keyText: message.key.toString(),
    op,
    after,
    text,
    position: match?.[2] === undefined ? null : { commitLsn: BigInt(match[1] ?? 0), lsn: BigInt(match[2]) },
  };
}

const KEY = z.record(z.string(), z.unknown());

/** Long integers are read as text: as numbers they would be rounded, and two keys might become one. */
function keyOf(json: string): string {
  return Object.values(KEY.parse(JSON.parse(json.replace(/:\s*(-?\d{16,})/g, ':"$1"')))).join(',');
}

/** Order in the source's log. */
export function comparePositions(a: RigPosition, b: RigPosition): number {
  const difference = a.commitLsn === b.commitLsn ? a.lsn - b.lsn : a.commitLsn - b.commitLsn;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
