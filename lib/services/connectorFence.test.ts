import { expect, it } from 'vitest';
import { BanyanError } from '../errors.ts';
import { ConnectorFence } from './connectorFence.ts';

const fence = (answer: string | null | Error) =>
  new ConnectorFence(
    {
      committedLsn: async () => {
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    'monolith',
  );

it.each<[string, string | null | Error, boolean, boolean]>([
  ['past the position', '101', true, true],
  ['at the position', '100', true, false],
  ['before it', '99', true, false],
  ['nothing committed yet', null, true, false],
  ['an unknown connector', new BanyanError('not_found', 'unknown'), false, false],
  ['Connect is down', new BanyanError('unavailable', 'down'), true, false],
])('%s', async (_, answer, exists, past) => {
  expect(await fence(answer).exists()).toBe(exists);
  expect(await fence(answer).isPast(100n)).toBe(past);
});
