import type { Certificate } from '../../core/consistency/certificate.ts';
import type { Refusal } from '../../core/consistency/certificateRefusals.ts';
import { certificateStatement } from '../../core/consistency/certificateStatement.ts';
import type { CertificateReader } from '../../ports/certificateStore.ts';
import type { Principal } from '../../ports/principal.ts';
import { requireRole } from '../requireRole.ts';
import { findNamed } from './mappedTable.ts';
import { contextsOf } from './readContexts.ts';
import type { Reading } from './reading.ts';

/** A reading that knows certificates. */
export interface CertificateReading extends Reading {
  readonly certificates: CertificateReader;
  /** The document in a stored envelope. */
  readonly certificateIn: (envelope: string) => Certificate | null;
}

/** The newest certificate of a context, and whether another could be issued now. */
export interface ShownCertificate {
  readonly context: string;
  /** The signed envelope (DSSE) as text; null if none was ever issued. */
  readonly envelope: string | null;
  readonly certificate: Certificate | null;
  readonly keyId: string | null;
  /** What it proves, in lines. */
  readonly statement: readonly string[];
  /** What stands against one now; empty if nothing does. */
  readonly refusals: readonly Refusal[];
  /** When that was looked at; null if nobody has looked yet. */
  readonly lookedAt: string | null;
}

/** @throws BanyanError `not_found` for an unknown context */
export async function readCertificate(
  reading: CertificateReading,
  principal: Principal,
  id: string,
): Promise<ShownCertificate> {
  requireRole(principal, 'viewer');
  const context = findNamed(contextsOf(await reading.store.migration(), []), id, 'contexts').id;
  const [newest, look] = await Promise.all([
    reading.certificates.newest(context),
    reading.certificates.newestLook(context),
  ]);
  const certificate = newest === null ? null : reading.certificateIn(newest.envelope);
  return {
    context,
    envelope: newest?.envelope ?? null,
    certificate,
    keyId: newest?.keyId ?? null,
    statement: certificate === null ? [] : certificateStatement(certificate, reading.clock.nowMs()),
    refusals: look?.refusals ?? [],
    lookedAt: look === null ? null : new Date(look.lookedAtMs).toISOString(),
  };
}
