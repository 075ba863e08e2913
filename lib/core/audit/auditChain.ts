// The audit trail is a chain: each entry's hash covers the entry and the hash before it, so that an edit shows.
import { canonicalJson, type Json } from './canonicalJson.ts';

/** SHA-256 as lower-case hex of a text in UTF-8. */
export type Sha256Hex = (text: string) => string;

/** What is recorded of one change by a person or by Banyan. */
export interface AuditRecord {
  readonly seq: number;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly principal: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: { readonly [key: string]: Json | undefined };
}

export interface ChainedRecord extends AuditRecord {
  readonly prevHash: string;
  readonly hash: string;
}

/** What the first entry has as the hash before it. */
export const CHAIN_START = '0'.repeat(64);

/** SHA-256(previous hash || canonical JSON of the entry). */
export function chainHash(prevHash: string, record: AuditRecord, sha256: Sha256Hex): string {
  const { seq, at, principal, action, subject, detail } = record;
  return sha256(prevHash + canonicalJson({ seq, at, principal, action, subject, detail }));
}

/** The sequence of the first entry that was edited, removed or put in; null if the chain is whole. */
export function firstBrokenSeq(entries: readonly ChainedRecord[], sha256: Sha256Hex): number | null {
  let prevHash = CHAIN_START;
  let seq = 1;
  for (const entry of entries) {
    const whole = entry.seq === seq && entry.prevHash === prevHash && entry.hash === chainHash(prevHash, entry, sha256);
    if (!whole) return seq;
    prevHash = entry.hash;
    seq++;
  }
  return null;
}
