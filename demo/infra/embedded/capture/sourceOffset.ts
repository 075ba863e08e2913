import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/**
 * A position in the database's log that is safe to resume from: everything before it has been acknowledged by the
 * broker. `lsn` moves with every event and while idle, `commitLsn` with every whole transaction.
 */
export interface SourceOffset {
  readonly lsn: bigint;
  readonly commitLsn: bigint | null;
  readonly txId: bigint | null;
  readonly atUs: bigint | null;
  readonly messageType: string | null;
}

const decimal = z.string().regex(/^\d+$/).transform(BigInt);
const stored = z.object({
  lsn: decimal,
  commitLsn: decimal.nullable(),
  txId: decimal.nullable(),
  atUs: decimal.nullable(),
  messageType: z.string().nullable(),
});

/** One connector's committed offset, replaced as a whole so that a kill leaves the old or the new one. */
export class SourceOffsetFile {
  private readonly path: string;
  private held: SourceOffset | undefined;

  constructor(dataDir: string, connector: string) {
    this.path = join(dataDir, 'offsets', `${encodeURIComponent(connector)}.json`);
    if (existsSync(this.path)) this.held = stored.parse(JSON.parse(readFileSync(this.path, 'utf8')));
  }

  read(): SourceOffset | undefined {
    return this.held;
  }

  write(offset: SourceOffset): void {
    mkdirSync(dirname(this.path), { recursive: true });
    const text = JSON.stringify(offset, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    writeFileSync(`${this.path}.new`, text);
    renameSync(`${this.path}.new`, this.path);
    this.held = offset;
  }

  delete(): void {
    rmSync(this.path, { force: true });
    this.held = undefined;
  }
}

/** The JSON of Connect's `GET /connectors/{name}/offsets`, with the field names of Debezium's offset. */
export function offsetsJson(connector: string, offset: SourceOffset | undefined): string {
  if (offset === undefined) return '{"offsets":[]}';
  const fields = [`"lsn_proc":${offset.lsn}`];
  if (offset.messageType !== null) fields.push(`"messageType":${JSON.stringify(offset.messageType)}`);
  if (offset.commitLsn !== null) fields.push(`"lsn_commit":${offset.commitLsn}`);
  fields.push(`"lsn":${offset.lsn}`);
  if (offset.txId !== null) fields.push(`"txId":${offset.txId}`);
  if (offset.atUs !== null) fields.push(`"ts_usec":${offset.atUs}`);
  return `{"offsets":[{"partition":{"server":${JSON.stringify(connector)}},"offset":{${fields.join(',')}}}]}`;
}
