import type { Principal } from '../../ports/principal.ts';
import { requireRole } from '../requireRole.ts';
import type { CertificateReading } from './readCertificate.ts';

/** A published key; `keyid` as envelopes name it. */
export interface ShownKey {
  readonly keyid: string;
  readonly algorithm: 'ed25519';
  /** PEM. */
  readonly publicKey: string;
  readonly publishedAt: string;
}

/** Every key that has signed certificates here, the newest first; those of the past stay. */
export async function readKeys(
  { certificates }: Pick<CertificateReading, 'certificates'>,
  principal: Principal,
): Promise<readonly ShownKey[]> {
  requireRole(principal, 'viewer');
  return (await certificates.keys()).map(({ keyId, algorithm, pem, publishedAtMs }) => ({
    keyid: keyId,
    algorithm,
    publicKey: pem,
    publishedAt: new Date(publishedAtMs).toISOString(),
  }));
}
