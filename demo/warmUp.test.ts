import { expect, it } from 'vitest';
import { untilCalm } from './warmUp.ts';

it('a facade that does not answer is not calm, and ends nothing', async () => {
  expect(await untilCalm('http://127.0.0.1:1', new AbortController().signal, 100)).toBe(false);
});
