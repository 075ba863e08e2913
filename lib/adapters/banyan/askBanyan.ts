import { z } from 'zod';
import { BanyanError, type ErrorCode, messageOf } from '../../errors.ts';

const ASK_TIMEOUT_MS = 10_000;
const problem = z.object({ detail: z.string(), fix: z.string().optional() });

/**
 * Asks a running Banyan over HTTP; with a body it is a POST.
 * @throws BanyanError `unavailable` if it can't be reached or has no answer, `conflict` or `bad_input` where it refuses
 */
export async function askBanyan<T>(baseUrl: string, path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(new URL(path, baseUrl), {
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    });
    answer = await response.json();
  } catch (error) {
    throw new BanyanError('unavailable', `Banyan at ${baseUrl} did not answer: ${messageOf(error)}`, {
      fix: 'start it, or name its address with --url or BANYAN_URL',
      cause: error,
    });
  }
  const parsed = schema.safeParse(answer);
  if (response.ok && parsed.success) return parsed.data;
  const told = problem.safeParse(answer);
  const text = told.success ? told.data.detail : `it answered ${response.status} to ${path}`;
  throw new BanyanError(codeOf(response.status), `Banyan at ${baseUrl}: ${text}`, {
    ...(told.data?.fix === undefined ? {} : { fix: told.data.fix }),
  });
}

function codeOf(status: number): ErrorCode {
  if (status === 409) return 'conflict';
  return status >= 400 && status < 500 ? 'bad_input' : 'unavailable';
}
