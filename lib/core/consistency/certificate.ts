// What a certificate says: that in one pass over each mapped table of a context every row was found right, up to a
// vector of offsets. Plain data; 64-bit figures are decimal texts, times RFC 3339 in UTC.
import { canonicalJson } from '../format/canonicalJson.ts';
import type { CertifiableTable, CleanRun } from './certificateRefusals.ts';
import type { RangeDigest } from './rangeDigest.ts';
import { RULE_VERSION } from './rule.ts';

/** The media type of the document inside its envelope. */
export const CERTIFICATE_TYPE = 'application/vnd.banyan.certificate+json';

export interface Certificate {
  /** Of this form. */
  readonly version: 1;
  readonly migration: string;
  readonly context: string;
  readonly issuedAt: string;
  readonly ruleVersion: string;
  readonly workerVersion: string;
  /** By id, ascending. */
  readonly tables: readonly CertifiedTable[];
}

export interface CertifiedTable {
  readonly table: string;
  /** Database, schema and table. */
  readonly source: string;
  readonly target: string;
  /** Of the compared columns, keys, filters and expressions. */
  readonly mappingDigest: string;
  readonly pass: { readonly id: string; readonly startedAt: string; readonly endedAt: string };
  readonly rowsCompared: string;
  readonly ranges: number;
  /** Of the key range. */
  readonly coveragePercent: number;
  /** Keys by verdict when the pass ended. */
  readonly keys: Readonly<Record<'clean' | 'diverged' | 'pending' | 'stalled' | 'conflict' | 'unknown', string>>;
  /** Rows and sums of row hashes, modulo 2^64 (the second of sha256 alone), each side as its ranges were read. */
  readonly digests: { readonly source: CertifiedDigest; readonly target: CertifiedDigest };
  /** Every change below `nextOffset` was judged; later ones are not spoken of. */
  readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly nextOffset: string }[];
}

export interface CertifiedDigest {
  readonly rows: string;
  readonly sum1: string;
  readonly sum2: string;
}

export interface CertificateSubject {
  readonly migration: string;
  readonly context: string;
  readonly workerVersion: string;
  readonly tables: readonly { readonly facts: CertifiableTable; readonly run: CleanRun }[];
}

/** The document on passes that `certificateRefusals` has nothing against. */
export function certificateOf(subject: CertificateSubject, issuedAtMs: number): Certificate {
  const { migration, context, workerVersion, tables } = subject;
  return {
    version: 1,
    migration,
    context,
    issuedAt: new Date(issuedAtMs).toISOString(),
    ruleVersion: RULE_VERSION,
    workerVersion,
    tables: tables.map(certifiedTable).toSorted((a, b) => (a.table < b.table ? -1 : 1)),
  };
}

/** Digests that no pass can have left: it compares at least the rows of the side that has more. Null if there are none. */
export function wrongDigest({ tables }: Certificate): string | null {
  for (const { table, rowsCompared, digests } of tables) {
    for (const [side, { rows }] of Object.entries(digests)) {
      if (BigInt(rows) <= BigInt(rowsCompared)) continue;
      return `the ${side} digest of ${table} is of ${rows} rows, and ${rowsCompared} were compared`;
    }
  }
  return null;
}

/** The document's one form, which is signed. */
export function certificateBytes(certificate: Certificate): Uint8Array {
  return new TextEncoder().encode(canonicalJson(certificate));
}

function certifiedTable({ facts, run }: CertificateSubject['tables'][number]): CertifiedTable {
  return {
    table: facts.table,
    source: facts.source,
    target: facts.target,
    mappingDigest: run.mappingDigest,
    pass: {
      id: run.id,
      startedAt: new Date(run.startedAtMs).toISOString(),
      endedAt: new Date(run.endedAtMs).toISOString(),
    },
    rowsCompared: run.rowsCompared.toString(),
    ranges: run.rangesTotal,
    coveragePercent: run.coveragePercent,
    keys: {
      clean: run.clean.toString(),
      diverged: run.diverged.toString(),
      pending: run.pending.toString(),
      stalled: run.stalled.toString(),
      conflict: run.conflict.toString(),
      unknown: run.unknown.toString(),
    },
    digests: { source: digestText(run.source), target: digestText(run.target) },
    offsets: run.endOffsets
      .map(({ topic, part, nextOffset }) => ({ topic, partition: part, nextOffset: nextOffset.toString() }))
      .toSorted((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1)),
  };
}

const digestText = ({ rows, sum1, sum2 }: RangeDigest): CertifiedDigest => ({
  rows: rows.toString(),
  sum1: sum1.toString(),
  sum2: sum2.toString(),
});
