import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { untilCalm } from './warmUp.ts';

const never = new AbortController().signal;
const server = createServer((_, response) => response.end('{}'));
afterEach(() => {
  server.close();
});

it('a facade that does not answer is not calm, and ends nothing', async () => {
  expect(await untilCalm('http://127.0.0.1:1', never, 100)).toBe(false);
});

it('a facade that answers at once is calm after some rounds', async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  expect(await untilCalm(`http://127.0.0.1:${port}`, never, 60_000)).toBe(true);
});
