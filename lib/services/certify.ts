import { CERTIFICATE_TYPE, certificateBytes, certificateOf } from '../core/consistency/certificate.ts';
import { type CertifiableTable, certificateRefusals, type Refusal } from '../core/consistency/certificateRefusals.ts';
import { type Envelope, preAuthEncoding } from '../core/consistency/dsse.ts';
import { canonicalJson } from '../core/format/canonicalJson.ts';
import type { ContextDefinition, TableRef } from '../core/migration/definition.ts';
import type { CertificateStore, IssuedCertificate } from '../ports/certificateStore.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import type { Signer } from '../ports/signer.ts';
import { mappingDigest } from './mappingDigest.ts';

export interface CertifyDeps {
  readonly store: CertificateStore;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly migration: string;
  readonly workerVersion: string;
  /** While nothing stands against them, certificates of a context come no closer to each other than this. */
  readonly everyMs: number;
}

/** What one look came to; `waiting`: nothing is against a certificate, and the newest one is good for now. */
export type CertifyOutcome =
  | { readonly state: 'issued'; readonly certificate: IssuedCertificate }
  | { readonly state: 'waiting' }
  | { readonly state: 'refused'; readonly refusals: readonly Refusal[] };

/**
 * Issues a certificate on a context if each of its tables was compared anew, in a clean pass, since the one before; else
 * writes down why not.
 */
export async function certify(deps: CertifyDeps, context: ContextDefinition): Promise<CertifyOutcome> {
  const { store, clock } = deps;
  const tables = await certifiable(store, context);
  const refusals = certificateRefusals(tables);
  const before = await store.newestLook(context.id);
  const newest = await store.newest(context.id);
  await store.noteLook(context.id, { lookedAtMs: clock.nowMs(), refusals });
  if (refusals.length > 0) return { state: 'refused', refusals };
  const clean = tables.flatMap((facts) => (facts.run === null ? [] : [{ facts, run: facts.run }]));
  const again = clean.every(({ run }) => newest?.runs.includes(run.id) !== true);
  // What was refused a moment ago is worth a certificate as soon as it is right.
  const wasRefused = before !== null && before.refusals.length > 0;
  const recent = newest !== null && clock.nowMs() - newest.issuedAtMs < deps.everyMs;
  if (!again || (recent && !wasRefused)) return { state: 'waiting' };
  const certificate = signed(deps, context.id, clean);
  return (await store.issue(certificate, newest?.id ?? null)) ? { state: 'issued', certificate } : { state: 'waiting' };
}

function signed(
  { signer, clock, ids, migration, workerVersion }: CertifyDeps,
  context: string,
  tables: Parameters<typeof certificateOf>[0]['tables'],
): IssuedCertificate {
  const issuedAtMs = clock.nowMs();
  const payload = certificateBytes(certificateOf({ migration, context, workerVersion, tables }, issuedAtMs));
  const { keyId } = signer.publicKey;
  const envelope: Envelope = {
    payloadType: CERTIFICATE_TYPE,
    payload: base64(payload),
    signatures: [{ keyid: keyId, sig: base64(signer.sign(preAuthEncoding(CERTIFICATE_TYPE, payload))) }],
  };
  const runs = tables.map(({ run }) => run.id);
  return { id: ids.next(), context, issuedAtMs, keyId, runs, envelope: canonicalJson(envelope) };
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function certifiable(store: CertificateStore, context: ContextDefinition): Promise<readonly CertifiableTable[]> {
  return Promise.all(
    context.tables.map(async (mapping) => ({
      table: mapping.id,
      source: nameOf(mapping.source),
      target: nameOf(mapping.target),
      mappingDigest: mappingDigest(mapping),
      ...(await store.passFacts(context.id, mapping.id)),
    })),
  );
}

const nameOf = ({ database, schema, table }: TableRef) => `${database}.${schema}.${table}`;
