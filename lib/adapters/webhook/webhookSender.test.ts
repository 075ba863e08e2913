import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { isPublicAddress } from './addressGuard.ts';
import { webhookSender } from './webhookSender.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function receiver(answer: { status: number; headers?: Record<string, string> }) {
  const seen: { headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      seen.push({ headers: request.headers, body });
      response.writeHead(answer.status, answer.headers).end('ok');
    });
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return { seen, url: `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}/hook` };
}

const message = { id: 'msg_1', type: 'gate.verdict.changed', timestamp: '2026-11-21T12:00:00Z', data: { gate: 'a/b' } };
const never = new AbortController().signal;
const sender = (url: string, allowPrivate = true) =>
  webhookSender({ id: 'ops', url, secret: () => SECRET, types: null, allowPrivate });

it('signs as the specification says: its own test vector', () => {
  const signed = new Webhook(SECRET).sign(
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    new Date(1614265330 * 1_000),
    '{"test": 2432232314}',
  );
  expect(signed).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

it('delivers a body that the receiver can verify', async () => {
  const { seen, url } = await receiver({ status: 204 });
  expect(await sender(url).send(message, never)).toMatchObject({ kind: 'answered', status: 204 });
  const [got] = seen;
  const verified = new Webhook(SECRET).verify(got?.body ?? '', got?.headers as Record<string, string>);
  expect(verified).toEqual({ type: message.type, timestamp: message.timestamp, data: message.data });
});

it.each([
  [302, { location: 'http://127.0.0.1:1/' }, null],
  [429, { 'retry-after': '7' }, 7],
])('reports %i as it is, without following it', async (status, headers, retryAfterSec) => {
  const { url } = await receiver({ status, headers });
  expect(await sender(url).send(message, never)).toMatchObject({ kind: 'answered', status, retryAfterSec });
});

it('reports a receiver that is not there', async () => {
  expect(await sender('http://127.0.0.1:1/').send(message, never)).toMatchObject({ kind: 'unanswered' });
});

describe('private addresses are refused', () => {
  it.each([
    'http://127.0.0.1/',
    'http://0x7f.1/',
    'http://2130706433/',
    'http://127.1/',
    'http://[::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://169.254.1.1/',
    'http://localhost/',
  ])('%s', async (url) => {
    expect(await sender(url, false).send(message, never)).toMatchObject({ kind: 'refused' });
  });

  it('a public one is not', () => {
    expect(isPublicAddress('93.184.216.34')).toBe(true);
  });
});

it('is cut off by its signal', async () => {
  const { url } = await receiver({ status: 204 });
  expect(await sender(url).send(message, AbortSignal.abort())).toMatchObject({ kind: 'unanswered' });
});

it('tells another address by its digest, and says nothing of the address', () => {
  const digests = ['http://a.example/?key=1', 'http://a.example/?key=2'].map((url) => sender(url).configDigest);
  expect(new Set(digests).size).toBe(2);
  expect(digests.join()).toMatch(/^[0-9a-f]{64},[0-9a-f]{64}$/);
});
