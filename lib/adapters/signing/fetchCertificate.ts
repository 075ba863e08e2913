import { z } from 'zod';
import { BanyanError, messageOf } from '../../errors.ts';
import type { PublicKey } from '../../ports/signer.ts';
import { publicKeyFromPem } from './signingKey.ts';

const ASK_TIMEOUT_MS = 10_000;

const problem = z.object({ detail: z.string(), fix: z.string().optional() });
const certificateBody = z.object({
  envelope: z.string().nullable(),
  statement: z.array(z.string()),
  refusals: z.array(z.object({ table: z.string().nullable(), reason: z.string() })),
  lookedAt: z.string().nullable(),
});
const keysBody = z.object({ keys: z.array(z.object({ publicKey: z.string() })) });

export type CertificateAnswer = z.infer<typeof certificateBody>;

/**
 * Asks a running Banyan for the newest certificate of a context.
 * @throws BanyanError `unavailable` if it can't be reached, `bad_input` for an unknown context
 */
export function fetchCertificate(baseUrl: string, context: string): Promise<CertificateAnswer> {
  return ask(baseUrl, `/api/v1/contexts/${encodeURIComponent(context)}/certificate`, certificateBody);
}

/** The keys that a running Banyan has published. Each key's id is worked out from the key, not taken over. */
export async function fetchKeys(baseUrl: string): Promise<readonly PublicKey[]> {
  const { keys } = await ask(baseUrl, '/api/v1/keys', keysBody);
  return keys.flatMap(({ publicKey }) => publicKeyFromPem(publicKey) ?? []);
}

async function ask<T>(baseUrl: string, path: string, schema: z.ZodType<T>): Promise<T> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(new URL(path, baseUrl), {
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    });
    body = await response.json();
  } catch (error) {
    throw new BanyanError('unavailable', `Banyan at ${baseUrl} did not answer: ${messageOf(error)}`, {
      fix: 'start it, or name its address with --url or BANYAN_URL',
      cause: error,
    });
  }
  const parsed = schema.safeParse(body);
  if (response.status === 200 && parsed.success) return parsed.data;
  const told = problem.safeParse(body);
  const text = told.success ? told.data.detail : `it answered ${response.status} to ${path}`;
  throw new BanyanError(response.status === 404 ? 'bad_input' : 'unavailable', `Banyan at ${baseUrl}: ${text}`, {
    ...(told.data?.fix === undefined ? {} : { fix: told.data.fix }),
  });
}
