import { createPublicKey, verify } from 'node:crypto';
import type { SignatureCheck } from '../../ports/signer.ts';

/** Checks an Ed25519 signature; a key of another kind has signed nothing. */
export const checkSignature: SignatureCheck = (publicKeyPem, bytes, signature) => {
  try {
    const key = createPublicKey(publicKeyPem);
    return key.asymmetricKeyType === 'ed25519' && verify(null, bytes, key, signature);
  } catch {
    // Not a key at all.
    return false;
  }
};
