import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

export interface WebhookReceiver {
  readonly url: string;
  readonly secret: string;
  /** Verified messages by their id; a repeat of an id changes nothing. */
  readonly received: ReadonlyMap<string, unknown>;
  /** Requests whose signature did not verify. */
  readonly unverified: number;
  stop(): Promise<void>;
}

/** A receiver of webhooks as anybody would write one: it verifies each signature with the specification's library. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const secret = `whsec_${Buffer.from('a secret of thirty-two bytes, no').toString('base64')}`;
  const webhook = new Webhook(secret);
  const received = new Map<string, unknown>();
  let unverified = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      try {
        const headers = Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)]));
        received.set(String(request.headers['webhook-id']), webhook.verify(body, headers));
        response.writeHead(204).end();
      } catch {
        unverified += 1;
        response.writeHead(400).end();
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    secret,
    received,
    get unverified() {
      return unverified;
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
