import { request as nodeRequest } from 'node:http';
import { expect } from '@playwright/test';
import { test } from './watched.ts';

test('every page forbids framing, sniffing, caching and foreign scripts', async ({ request }) => {
  for (const path of ['/', '/consistency', '/setup', '/api/v1/contexts']) {
    const headers = (await request.get(path)).headers();
    const policy = headers['content-security-policy'] ?? '';
    expect(policy, path).toContain("frame-ancestors 'none'");
    expect(policy, path).toMatch(/script-src 'self' 'nonce-[A-Za-z0-9+/=]{22,}' 'strict-dynamic'(;|$)/);
    expect(policy, path).not.toMatch(/script-src[^;]*unsafe/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cache-control'], path).toContain('no-store');
  }
});

test('a nonce is used once', async ({ request }) => {
  const [one, two] = await Promise.all([request.get('/'), request.get('/')]);
  expect(one.headers()['content-security-policy']).not.toBe(two.headers()['content-security-policy']);
});

test('another Host is refused, so that a rebound name reads nothing', async ({ baseURL }) => {
  expect(await statusWithHost(baseURL ?? '', 'evil.example')).toBe(421);
  expect(await statusWithHost(baseURL ?? '', 'localhost')).toBe(200);
});

test('a change from another origin, as a form or too large is refused', async ({ request }) => {
  const url = '/api/v1/contexts/inventory/attempts';
  const data = { stage: 'route_writes', reason: 'test' };
  const foreign = await request.post(url, { data, headers: { origin: 'http://evil.example' } });
  expect(foreign.status()).toBe(403);
  expect((await request.post(url, { form: { stage: 'route_writes' } })).status()).toBe(415);
  expect((await request.post(url, { data: { ...data, reason: 'x'.repeat(300_000) } })).status()).toBe(413);
  expect((await request.post(url, { data: { stage: 'route_everything', reason: 'x' } })).status()).toBe(400);
  const unknown = await request.post('/api/v1/contexts/billing/stage', { data: { stage: 'sync_data' } });
  expect([unknown.status(), (await unknown.json()).title]).toEqual([404, 'not_found']);
});

test('the gate has an ETag, says when to ask again, and reads the same as the board', async ({ request }) => {
  const contexts = await (await request.get('/api/v1/contexts')).json();
  const current: string = contexts.contexts[0].current;
  const gate = await request.get(`/api/v1/gates/inventory/${current}`);
  expect(gate.headers()['retry-after']).toMatch(/^\d+$/);
  expect(gate.headers().etag).toMatch(/^"/);
  expect(await gate.json()).toMatchObject({ schemaVersion: '1', gate: `inventory/${current}` });
  expect((await request.get('/api/v1/gates/inventory/nothing')).status()).toBe(404);
});

test('metrics have one verdict of each stage at 1', async ({ request }) => {
  const text = await (await request.get('/metrics')).text();
  const on = text.split('\n').filter((line) => line.startsWith('banyan_gate_verdict{') && line.endsWith(' 1'));
  const stages = on.map((line) => /stage="([a-z_]+)"/.exec(line)?.[1]);
  expect(stages.length).toBeGreaterThan(0);
  expect(new Set(stages).size).toBe(stages.length);
});

function statusWithHost(base: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    nodeRequest(`${base}/api/v1/contexts`, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}
