import type pg from 'pg';
import { z } from 'zod';
import { REFUSAL_KINDS } from '../../core/consistency/certificateRefusals.ts';
import type {
  CertificateLook,
  CertificateReader,
  CertificateStore,
  IssuedCertificate,
  PassFacts,
  PublishedKey,
} from '../../ports/certificateStore.ts';
import type { PublicKey } from '../../ports/signer.ts';
import { inTransaction } from './inTransaction.ts';
import { readPassFacts } from './passFacts.ts';

const at = z.date().transform((date) => date.getTime());

const Issued = z.object({
  id: z.string(),
  context: z.string(),
  issuedAtMs: at,
  keyId: z.string(),
  runs: z.array(z.string()),
  envelope: z.string(),
});
const Look = z.object({
  lookedAtMs: at,
  refusals: z.array(z.object({ kind: z.enum(REFUSAL_KINDS), table: z.string().nullable(), reason: z.string() })),
});
const Key = z.object({ keyId: z.string(), algorithm: z.literal('ed25519'), pem: z.string(), publishedAtMs: at });

/** What pages, API and commands read of certificates. */
export class StoredCertificateReader implements CertificateReader {
  protected readonly pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.pool = pool;
  }

  async newest(context: string): Promise<IssuedCertificate | null> {
    const { rows } = await this.pool.query(
      `select id, context, issued_at as "issuedAtMs", key_id as "keyId", runs, envelope
       from certificate where context = $1 order by issued_at desc, id desc limit 1`,
      [context],
    );
    return z.array(Issued).parse(rows)[0] ?? null;
  }

  async newestLook(context: string): Promise<CertificateLook | null> {
    const { rows } = await this.pool.query(
      'select looked_at as "lookedAtMs", refusals from certificate_look where context = $1',
      [context],
    );
    return z.array(Look).parse(rows)[0] ?? null;
  }

  async keys(): Promise<readonly PublishedKey[]> {
    const { rows } = await this.pool.query(
      `select key_id as "keyId", algorithm, public_key as pem, published_at as "publishedAtMs"
       from signing_key order by published_at desc, key_id`,
    );
    return z.array(Key).parse(rows);
  }
}

/** Certificates, published keys and passes, in PostgreSQL. */
export class StoredCertificates extends StoredCertificateReader implements CertificateStore {
  passFacts(context: string, table: string): Promise<PassFacts> {
    return readPassFacts(this.pool, context, table);
  }

  issue({ id, context, issuedAtMs, keyId, runs, envelope }: IssuedCertificate, after: string | null): Promise<boolean> {
    return inTransaction(this.pool, async (client) => {
      // Two workers may have looked at once: the lock makes "none since, then insert" one step.
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, 9))', [context]);
      const { rowCount } = await client.query(
        `insert into certificate (id, context, issued_at, key_id, runs, envelope)
         select $1, $2, $3, $4, $5, $6 where $7::text is not distinct from (
           select id from certificate where context = $2 order by issued_at desc, id desc limit 1)`,
        [id, context, new Date(issuedAtMs), keyId, runs, envelope, after],
      );
      return rowCount === 1;
    });
  }

  async noteLook(context: string, { lookedAtMs, refusals }: CertificateLook): Promise<void> {
    await this.pool.query(
      `insert into certificate_look (context, looked_at, refusals) values ($1, $2, $3)
       on conflict (context) do update set looked_at = excluded.looked_at, refusals = excluded.refusals`,
      [context, new Date(lookedAtMs), JSON.stringify(refusals)],
    );
  }

  async publishKey({ keyId, algorithm, pem }: PublicKey, nowMs: number): Promise<void> {
    await this.pool.query(
      `insert into signing_key (key_id, algorithm, public_key, published_at) values ($1, $2, $3, $4)
       on conflict (key_id) do nothing`,
      [keyId, algorithm, pem, new Date(nowMs)],
    );
  }
}
