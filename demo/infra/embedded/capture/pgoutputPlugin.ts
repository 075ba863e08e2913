import type pg from 'pg';
import { decodePgoutput, type PgoutputMessage } from './pgoutputMessage.ts';

export interface PgoutputOptions {
  readonly publication: string;
  /** `none` leaves out changes that carry a replication origin; `any` lets them through. */
  readonly origin: 'none' | 'any';
}

/**
 * pgoutput with the `origin` option and with column values as plain text: the library's own plugin has neither, and
 * its parsed numbers and dates would lose digits.
 */
export class PgoutputPlugin {
  readonly options: PgoutputOptions;
  readonly name = 'pgoutput';
  /** Messages parsed so far; parsing happens in the order of arrival, before any of them is handled. */
  parsedCount = 0;

  constructor(options: PgoutputOptions) {
    this.options = options;
  }

  parse(buffer: Buffer): PgoutputMessage {
    this.parsedCount += 1;
    return decodePgoutput(buffer);
  }

  start(client: pg.Client, slotName: string, lastLsn: string): Promise<unknown> {
    const { publication, origin } = this.options;
    const options = ["proto_version '1'", `publication_names '${publication.replaceAll("'", "''")}'`];
    if (origin === 'none') options.push("origin 'none'");
    return client.query(`START_REPLICATION SLOT "${slotName}" LOGICAL ${lastLsn} (${options.join(', ')})`);
  }
}
