import { z } from 'zod';
import { VERDICT_WORDS, type VerdictWord } from '../../core/verdict/verdict.ts';
import { BanyanError, messageOf } from '../../errors.ts';

const bodySchema = z.looseObject({
  gate: z.string(),
  verdict: z.enum(VERDICT_WORDS),
  reason: z.string(),
  criteria: z.array(z.looseObject({ id: z.string(), verdict: z.enum(VERDICT_WORDS), reason: z.string() })).catch([]),
});

/** What Banyan says of a gate that it does not know. */
const unknownSchema = z.looseObject({ detail: z.string(), fix: z.string() });

export interface GateAnswer {
  readonly verdict: VerdictWord;
  readonly reason: string;
  /** Those that failed or could not be judged for an error: `id: reason` of each. */
  readonly failed: readonly string[];
  /** The whole body as it came. */
  readonly body: unknown;
}

/**
 * Asks a running Banyan for the verdict of one stage. A 503 carries a verdict too (`error`).
 * @throws BanyanError `unavailable` (retriable) if it can't be reached, `not_found` for an unknown gate.
 */
export async function fetchGate(baseUrl: string, gate: string, timeoutMs: number): Promise<GateAnswer> {
  const path = gate.split('/').map(encodeURIComponent).join('/');
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(new URL(`/api/v1/gates/${path}`, baseUrl), {
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    body = await response.json();
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
    throw new BanyanError('unavailable', `Banyan at ${baseUrl} did not answer: ${messageOf(error)}${cause}`, {
      fix: 'start it, or name its address with --url or BANYAN_URL',
      cause: error,
    });
  }
  if (response.status === 404) {
    const said = unknownSchema.safeParse(body);
    throw new BanyanError('not_found', `Banyan at ${baseUrl} knows no gate ${gate}`, {
      fix: said.success ? said.data.fix : 'is it Banyan that listens there? Name its address with --url or BANYAN_URL',
    });
  }
  const parsed = bodySchema.safeParse(body);
  if ((response.status !== 200 && response.status !== 503) || !parsed.success) {
    throw new BanyanError('unavailable', `Banyan at ${baseUrl} answered ${response.status} without a verdict`);
  }
  const { verdict, reason, criteria } = parsed.data;
  const failed = criteria.filter((criterion) => criterion.verdict === 'fail' || criterion.verdict === 'error');
  return { verdict, reason, failed: failed.map((criterion) => `${criterion.id}: ${criterion.reason}`), body };
}
