import { createHash } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Agent, request } from 'undici';
import type { SendOutcome } from '../../core/alert/deliveryPlan.ts';
import { retryAfterSec } from '../../core/alert/retryAfterSec.ts';
import { BanyanError, messageOf } from '../../errors.ts';
import type { OutgoingMessage, Sender } from '../../ports/sender.ts';
import { assertAllowedHost, publicLookup } from './addressGuard.ts';

const TIMEOUT_MS = 15_000;
const REPLY_LIMIT_BYTES = 64 * 1024;

export interface WebhookEndpoint {
  readonly id: string;
  readonly url: string;
  /** `whsec_` and base64. Read at each send, so that a rotated secret is used at once. */
  readonly secret: () => string;
  readonly types: readonly string[] | null;
  readonly allowPrivate: boolean;
}

/** Sends by the Standard Webhooks specification: signed, no redirects, at most 15 s, public addresses only. */
export function webhookSender(endpoint: WebhookEndpoint): Sender & { close(): Promise<void> } {
  const agent = new Agent({
    connect: { timeout: TIMEOUT_MS, ...(endpoint.allowPrivate ? {} : { lookup: publicLookup }) },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: REPLY_LIMIT_BYTES,
  });
  return {
    endpointId: endpoint.id,
    types: endpoint.types,
    configDigest: createHash('sha256').update(endpoint.url).digest('hex'),
    send: (message, signal) => send(endpoint, agent, message, signal),
    close: () => agent.close(),
  };
}

async function send(
  endpoint: WebhookEndpoint,
  agent: Agent,
  message: OutgoingMessage,
  stop: AbortSignal,
): Promise<SendOutcome> {
  const startedAt = performance.now();
  try {
    const url = new URL(endpoint.url);
    if (!endpoint.allowPrivate) assertAllowedHost(url);
    const body = JSON.stringify({ type: message.type, timestamp: message.timestamp, data: message.data });
    const sentAt = new Date();
    const response = await request(url, {
      method: 'POST',
      dispatcher: agent,
      signal: AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'banyan',
        'webhook-id': message.id,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
        'webhook-signature': new Webhook(endpoint.secret()).sign(message.id, sentAt, body),
      },
      body,
    });
    await response.body.dump({ limit: REPLY_LIMIT_BYTES });
    return {
      kind: 'answered',
      status: response.statusCode,
      retryAfterSec: retryAfterSec(response.headers['retry-after'], Date.now()),
      tookMs: performance.now() - startedAt,
    };
  } catch (error) {
    const refused = refusalIn(error);
    if (refused !== undefined) return { kind: 'refused', reason: refused.message };
    return { kind: 'unanswered', reason: messageOf(error), tookMs: performance.now() - startedAt };
  }
}

function refusalIn(error: unknown): BanyanError | undefined {
  if (error instanceof BanyanError) return error;
  return error instanceof Error && error.cause instanceof BanyanError ? error.cause : undefined;
}
