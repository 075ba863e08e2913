import { z } from 'zod';
import { askBanyan } from './askBanyan.ts';

const certificateBody = z.object({
  envelope: z.string().nullable(),
  statement: z.array(z.string()),
  refusals: z.array(z.object({ table: z.string().nullable(), reason: z.string() })),
  lookedAt: z.string().nullable(),
});
const keysBody = z.object({ keys: z.array(z.object({ publicKey: z.string() })) });

export type CertificateAnswer = z.infer<typeof certificateBody>;

/** The newest certificate of a context, or what stands against one. Errors are those of `askBanyan`. */
export function fetchCertificate(baseUrl: string, context: string): Promise<CertificateAnswer> {
  return askBanyan(baseUrl, `/api/v1/contexts/${encodeURIComponent(context)}/certificate`, certificateBody);
}

/** The public keys (PEM) that a running Banyan has published. Errors are those of `askBanyan`. */
export async function fetchKeys(baseUrl: string): Promise<readonly string[]> {
  const { keys } = await askBanyan(baseUrl, '/api/v1/keys', keysBody);
  return keys.map(({ publicKey }) => publicKey);
}
