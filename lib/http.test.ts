import { describe, expect, it } from 'vitest';
import { BanyanError } from './errors.ts';
import { answer, jsonResponse, MAX_BODY_BYTES, problemOf, readJsonBody } from './http.ts';

const post = (body: string, headers: Record<string, string> = {}) =>
  new Request('http://localhost:3000/x', {
    method: 'POST',
    body,
    headers: { host: 'localhost:3000', 'content-type': 'application/json', ...headers },
  });

describe('errors as problems', () => {
  it('shows what Banyan says, with the fix', () => {
    expect(problemOf(new BanyanError('not_found', 'no such gate', { fix: 'ask for another' }))).toEqual({
      status: 404,
      body: { type: 'about:blank', title: 'not_found', status: 404, detail: 'no such gate', fix: 'ask for another' },
    });
  });

  it('never shows the text of an unknown error', () => {
    expect(JSON.stringify(problemOf(new Error('password=hunter2')))).not.toContain('hunter2');
  });

  it('asks to come back when the store is away', async () => {
    const response = await answer(() => Promise.reject(new BanyanError('unavailable', 'away')));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  });
});

describe('JSON answers', () => {
  it('answer 304 to one who has these bytes, also by a weakened tag', async () => {
    const first = jsonResponse(new Request('http://x/'), { a: 1 });
    const tag = first.headers.get('etag') ?? '';
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
      const again = jsonResponse(new Request('http://x/', { headers: { 'if-none-match': known } }), { a: 1 });
      expect(again.status).toBe(304);
      expect(await again.text()).toBe('');
    }
    const changed = jsonResponse(new Request('http://x/', { headers: { 'if-none-match': tag } }), { a: 2 });
    expect(changed.status).toBe(200);
  });
});

describe('bodies of requests that change something', () => {
  it.each([
    ['a program without an origin', post('{"a":1}')],
    ['the same origin', post('{"a":1}', { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-origin' })],
  ])('are read from %s', async (_name, request) => expect(await readJsonBody(request)).toEqual({ a: 1 }));

  it.each([
    ['another origin', post('{}', { origin: 'http://evil.example' }), 'forbidden'],
    ['an opaque origin', post('{}', { origin: 'null' }), 'forbidden'],
    ['a cross-site request', post('{}', { 'sec-fetch-site': 'cross-site' }), 'forbidden'],
    ['a form', post('a=1', { 'content-type': 'application/x-www-form-urlencoded' }), 'unsupported'],
    ['something that is not JSON', post('{'), 'bad_input'],
    ['a body past the limit', post(`"${'x'.repeat(MAX_BODY_BYTES)}"`), 'too_large'],
  ])('are refused from %s', async (_name, request, code) => {
    await expect(readJsonBody(request)).rejects.toMatchObject({ code });
  });
});
