import { createHash } from 'node:crypto';
import {
  CERTIFICATE_TYPE,
  type Certificate,
  certificateBytes,
  wrongDigest,
} from '../../core/consistency/certificate.ts';
import { type Envelope, preAuthEncoding } from '../../core/consistency/dsse.ts';
import type { PublicKey } from '../../ports/signer.ts';
import { certificateSchema, envelopeSchema } from './certificateSchema.ts';
import { checkSignature } from './checkSignature.ts';

/** What became of a certificate that somebody holds. */
export type CertificateCheck =
  | {
      readonly state: 'valid';
      readonly certificate: Certificate;
      /** SHA-256 of the document's bytes, lower-case hex. */
      readonly digest: string;
      readonly keyId: string;
    }
  | { readonly state: 'refused'; readonly reason: string };

/**
 * Checks an envelope's text: that one of these keys signed its bytes, that they are a certificate in its one form, and that
 * its digests can be those of what was compared.
 * The signature comes first; nothing of an unsigned document is read.
 */
export function checkCertificate(text: string, keys: readonly PublicKey[]): CertificateCheck {
  const envelope = envelopeOf(text);
  if (envelope === null) return refused('it is no signed certificate: not a DSSE envelope in JSON');
  if (envelope.payloadType !== CERTIFICATE_TYPE) return refused(`it holds ${envelope.payloadType}, no certificate`);
  const payload = fromBase64(envelope.payload);
  if (payload === null) return refused('its document is not in base64');
  const signed = preAuthEncoding(envelope.payloadType, payload);
  let keyId: string | null = null;
  for (const { keyid, sig } of envelope.signatures) {
    const key = keys.find((known) => known.keyId === keyid);
    if (key === undefined) continue;
    const signature = fromBase64(sig);
    if (signature === null || !checkSignature(key.pem, signed, signature)) {
      return refused(`the signature is wrong: not these bytes, or not by key ${keyid}`);
    }
    keyId = keyid;
  }
  if (keyId === null) {
    const named = envelope.signatures.map(({ keyid }) => keyid).join(', ');
    return refused(`it names the key ${named}, which is not among the ${keys.length} known`);
  }
  const document = certificateSchema.safeParse(jsonOf(Buffer.from(payload).toString('utf8')));
  if (!document.success) return refused('it is signed, but is no certificate of a form that this Banyan knows');
  if (Buffer.compare(certificateBytes(document.data), payload) !== 0) {
    return refused('it is signed, but not written in the canonical form');
  }
  const wrong = wrongDigest(document.data);
  if (wrong !== null) return refused(`it is signed, but contradicts itself: ${wrong}`);
  const digest = createHash('sha256').update(payload).digest('hex');
  return { state: 'valid', certificate: document.data, digest, keyId };
}

/** The certificate in an envelope from a place that is trusted; null where there is none. Nothing is checked. */
export function certificateIn(text: string): Certificate | null {
  const payload = fromBase64(envelopeOf(text)?.payload ?? '');
  const document = certificateSchema.safeParse(payload === null ? null : jsonOf(Buffer.from(payload).toString('utf8')));
  return document.success ? document.data : null;
}

const refused = (reason: string): CertificateCheck => ({ state: 'refused', reason });

function envelopeOf(text: string): Envelope | null {
  const parsed = envelopeSchema.safeParse(jsonOf(text));
  return parsed.success ? parsed.data : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Null for a text that is not the base64 of its own bytes: one document has one text. */
function fromBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
