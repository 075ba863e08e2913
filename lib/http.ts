import { createHash } from 'node:crypto';
import { z } from 'zod';
import { BanyanError, type ErrorCode } from './errors.ts';

const STATUS: Record<ErrorCode, number> = {
  bad_config: 503,
  bad_input: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported: 415,
  overloaded: 503,
  unavailable: 503,
  fenced: 409,
  gap: 500,
  internal: 500,
};

/** Longest JSON body that a request may carry. */
export const MAX_BODY_BYTES = 256 * 1024;

/** RFC 9457 problem of an error; an unknown error gives no text away. */
export function problemOf(error: unknown): { status: number; body: Record<string, unknown> } {
  if (!(error instanceof BanyanError)) {
    return {
      status: 500,
      body: { type: 'about:blank', title: 'internal', status: 500, detail: 'an unexpected error; see the log of web' },
    };
  }
  const status = STATUS[error.code];
  const fix = error.fix === undefined ? {} : { fix: error.fix };
  return { status, body: { type: 'about:blank', title: error.code, status, detail: error.message, ...fix } };
}

export interface JsonOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A JSON answer with an ETag of its bytes; 304 without a body where the caller has these bytes already. */
export function jsonResponse(request: Request, body: unknown, options: JsonOptions = {}): Response {
  const text = JSON.stringify(body);
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
  const headers = { ...baseHeaders(), etag, 'content-type': 'application/json; charset=utf-8', ...options.headers };
  const known = request.headers.get('if-none-match');
  const status = options.status ?? 200;
  if (status === 200 && known !== null && matchesEtag(known, etag)) return new Response(null, { status: 304, headers });
  return new Response(text, { status, headers });
}

/** Runs a handler; its errors become problems. Unknown ones are logged here and nowhere shown. */
export async function answer(handler: () => Promise<Response>): Promise<Response> {
  try {
    return await handler();
  } catch (error) {
    const { status, body } = problemOf(error);
    if (status === 500) console.error(error);
    const retry: Record<string, string> = status === 503 ? { 'retry-after': '5' } : {};
    return new Response(JSON.stringify(body), {
      status,
      headers: { ...baseHeaders(), 'content-type': 'application/problem+json', ...retry },
    });
  }
}

/**
 * The JSON body of a request that changes something: same origin, JSON, at most 256 KiB.
 * @throws BanyanError `forbidden`, `unsupported`, `too_large`, `bad_input`
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  refuseOtherOrigins(request);
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new BanyanError('unsupported', `the body must be application/json, not ${type ?? 'untyped'}`);
  }
  const text = await readLimited(request);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BanyanError('bad_input', 'the body is not JSON', { cause: error });
  }
}

/**
 * A body in the shape that a route expects.
 * @throws BanyanError `bad_input` naming every field that is off
 */
export function parseBody<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BanyanError('bad_input', z.prettifyError(parsed.error));
}

/** A browser says where a request comes from; a program on this machine does not. */
function refuseOtherOrigins(request: Request): void {
  const origin = request.headers.get('origin');
  const site = request.headers.get('sec-fetch-site');
  const host = request.headers.get('host');
  if (origin !== null && (!URL.canParse(origin) || new URL(origin).host !== host)) {
    throw new BanyanError('forbidden', `requests from ${origin} may change nothing here`);
  }
  if (site !== null && site !== 'same-origin' && site !== 'none') {
    throw new BanyanError('forbidden', `${site} requests may change nothing here`);
  }
}

async function readLimited(request: Request): Promise<string> {
  const tooLarge = () => new BanyanError('too_large', `the body is larger than ${MAX_BODY_BYTES / 1024} KiB`);
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const baseHeaders = (): Record<string, string> => ({ 'cache-control': 'no-store' });

/** If-None-Match compares weakly; proxies that compress weaken the tag. */
function matchesEtag(header: string, etag: string): boolean {
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
