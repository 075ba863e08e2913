/** A column's value as pgoutput sends it: text, SQL NULL, or a TOASTed value that did not change and is not sent. */
export type RawValue = string | null | undefined;

export interface RelationColumn {
  readonly name: string;
  readonly typeOid: number;
  readonly typeModifier: number;
}

export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  /** d default, f full, i index, n nothing. */
  readonly replicaIdentity: string;
  readonly columns: readonly RelationColumn[];
}

export type PgoutputMessage =
  | { readonly tag: 'begin'; readonly commitUs: bigint; readonly xid: number }
  /** The replication origin under which the transaction was written; comes after its begin. */
  | { readonly tag: 'origin'; readonly lsn: bigint; readonly name: string }
  | { readonly tag: 'commit'; readonly endLsn: bigint }
  | { readonly tag: 'relation'; readonly relation: Relation }
  | { readonly tag: 'insert'; readonly oid: number; readonly after: readonly RawValue[] }
  | {
      readonly tag: 'update';
      readonly oid: number;
      readonly before: readonly RawValue[] | undefined;
      /** Whether `before` is the whole row (REPLICA IDENTITY FULL) or the key only. */
      readonly isFull: boolean;
      readonly after: readonly RawValue[];
    }
  | { readonly tag: 'delete'; readonly oid: number; readonly before: readonly RawValue[]; readonly isFull: boolean }
  | { readonly tag: 'other' };

const POSTGRES_EPOCH_US = 946_684_800_000_000n;

/** Decodes one message of pgoutput's protocol version 1; types, truncates and emitted messages are `other`. */
export function decodePgoutput(bytes: Buffer): PgoutputMessage {
  const cursor = new Cursor(bytes);
  switch (cursor.char()) {
    case 'B':
      cursor.int64();
      return { tag: 'begin', commitUs: cursor.int64() + POSTGRES_EPOCH_US, xid: cursor.uint32() };
    case 'O':
      return { tag: 'origin', lsn: cursor.int64(), name: cursor.string() };
    case 'C':
      cursor.char();
      cursor.int64();
      return { tag: 'commit', endLsn: cursor.int64() };
    case 'R':
      return { tag: 'relation', relation: readRelation(cursor) };
    case 'I': {
      const oid = cursor.uint32();
      cursor.char();
      return { tag: 'insert', oid, after: cursor.tuple() };
    }
    case 'U':
      return readUpdate(cursor);
    case 'D': {
      const oid = cursor.uint32();
      const isFull = cursor.char() === 'O';
      return { tag: 'delete', oid, before: cursor.tuple(), isFull };
    }
    default:
      return { tag: 'other' };
  }
}

function readRelation(cursor: Cursor): Relation {
  const oid = cursor.uint32();
  const schema = cursor.string();
  const table = cursor.string();
  const replicaIdentity = cursor.char();
  const columns: RelationColumn[] = [];
  for (let left = cursor.int16(); left > 0; left--) {
    cursor.char();
    columns.push({ name: cursor.string(), typeOid: cursor.uint32(), typeModifier: cursor.int32() });
  }
  return { oid, schema: schema === '' ? 'pg_catalog' : schema, table, replicaIdentity, columns };
}

function readUpdate(cursor: Cursor): PgoutputMessage {
  const oid = cursor.uint32();
  const kind = cursor.char();
  if (kind === 'N') return { tag: 'update', oid, before: undefined, isFull: false, after: cursor.tuple() };
  const before = cursor.tuple();
  cursor.char();
  return { tag: 'update', oid, before, isFull: kind === 'O', after: cursor.tuple() };
}

class Cursor {
  private readonly bytes: Buffer;
  private position = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  char(): string {
    return String.fromCharCode(this.bytes.readUInt8(this.move(1)));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.move(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.move(4));
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.move(4));
  }

  int64(): bigint {
    return this.bytes.readBigInt64BE(this.move(8));
  }

  string(): string {
    const end = this.bytes.indexOf(0, this.position);
    const text = this.bytes.toString('utf8', this.position, end);
    this.position = end + 1;
    return text;
  }

  tuple(): RawValue[] {
    const values: RawValue[] = [];
    for (let left = this.int16(); left > 0; left--) values.push(this.value());
    return values;
  }

  private value(): RawValue {
    const kind = this.char();
    if (kind === 'n') return null;
    if (kind === 'u') return undefined;
    const length = this.int32();
    const start = this.move(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  private move(length: number): number {
    this.position += length;
    return this.position - length;
  }
}
