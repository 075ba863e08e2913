import type { CertifiableTable, Refusal } from '../core/consistency/certificateRefusals.ts';
import type { PublicKey } from './signer.ts';

/** A certificate as it was issued; it is never changed. */
export interface IssuedCertificate {
  readonly id: string;
  readonly context: string;
  readonly issuedAtMs: number;
  readonly keyId: string;
  /** Ids of the passes that it speaks of. */
  readonly runs: readonly string[];
  /** The signed envelope as JSON text. */
  readonly envelope: string;
}

/** The newest look at whether a certificate can be issued. */
export interface CertificateLook {
  readonly lookedAtMs: number;
  /** Empty if nothing stands against one. */
  readonly refusals: readonly Refusal[];
}

export interface PublishedKey extends PublicKey {
  readonly publishedAtMs: number;
}

/** What the store knows of a table's passes. */
export type PassFacts = Pick<
  CertifiableTable,
  'run' | 'underWay' | 'divergedNow' | 'followed' | 'waiting' | 'canariesWrong'
>;

/** What pages, API and commands read. */
export interface CertificateReader {
  newest(context: string): Promise<IssuedCertificate | null>;
  newestLook(context: string): Promise<CertificateLook | null>;
  /** Every key that ever signed here, the newest first. */
  keys(): Promise<readonly PublishedKey[]>;
}

/** Certificates, the keys that sign them, and the passes that they are made of. */
export interface CertificateStore extends CertificateReader {
  passFacts(context: string, table: string): Promise<PassFacts>;
  /** Keeps a certificate unless another was issued after `after` (an id, or null for none). False if one was. */
  issue(certificate: IssuedCertificate, after: string | null): Promise<boolean>;
  noteLook(context: string, look: CertificateLook): Promise<void>;
  /** Publishes a key; one that is published stays. */
  publishKey(key: PublicKey, nowMs: number): Promise<void>;
}
