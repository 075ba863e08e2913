/** A published key by which anybody can check what was signed. */
export interface PublicKey {
  /** SHA-256 of its SubjectPublicKeyInfo, lower-case hex. */
  readonly keyId: string;
  readonly algorithm: 'ed25519';
  /** SubjectPublicKeyInfo as PEM. */
  readonly pem: string;
}

/** The worker's own key; the private half never leaves it. */
export interface Signer {
  readonly publicKey: PublicKey;
  sign(bytes: Uint8Array): Uint8Array;
}

/** True if the private half of that key has signed exactly these bytes. */
export type SignatureCheck = (publicKeyPem: string, bytes: Uint8Array, signature: Uint8Array) => boolean;
