import { type AuditRecord, CHAIN_START, chainHash } from '../core/audit/auditChain.ts';
import type { VerdictTransaction } from '../ports/verdictStore.ts';
import { sha256Hex } from './sha256Hex.ts';

/** Adds an entry to the audit chain within the transaction of the change it records; returns the chain's new head. */
export async function appendAudit(
  tx: VerdictTransaction,
  entry: Pick<AuditRecord, 'principal' | 'action' | 'subject' | 'detail'>,
  nowMs: number,
): Promise<string> {
  const head = await tx.lockAuditHead();
  const record = { ...entry, seq: (head?.seq ?? 0) + 1, at: new Date(nowMs).toISOString() };
  const prevHash = head?.hash ?? CHAIN_START;
  const hash = chainHash(prevHash, record, sha256Hex);
  await tx.insertAudit({ ...record, prevHash, hash });
  return hash;
}
