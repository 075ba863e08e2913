// DSSE, the envelope of in-toto and Sigstore (github.com/secure-systems-lab/dsse, protocol 1.0.2): what is signed names
// its own type, so that a signature made for one kind of document never passes for another.

export interface Envelope {
  readonly payloadType: string;
  /** Base64 (RFC 4648, padded) of the document's bytes. */
  readonly payload: string;
  readonly signatures: readonly EnvelopeSignature[];
}

export interface EnvelopeSignature {
  /** SHA-256 of the public key's SubjectPublicKeyInfo, lower-case hex. */
  readonly keyid: string;
  /** Base64. */
  readonly sig: string;
}

/** The bytes that are signed: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body, lengths in bytes. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const encode = (text: string) => new TextEncoder().encode(text);
  const type = encode(payloadType);
  const head = encode(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `);
  const bytes = new Uint8Array(head.length + payload.length);
  bytes.set(head);
  bytes.set(payload, head.length);
  return bytes;
}
