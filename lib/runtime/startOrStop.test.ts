import { expect, it } from 'vitest';
import { type Stoppable, startOrStop } from './lifetime.ts';

const nothing = () => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

it.each([
  ['all that runs, in order', ['role', 'metrics', 'store'], ['role', 'metrics', 'store']],
  ['the others where one cannot be stopped', ['role', 'stuck', 'store'], ['role', 'store']],
  ['nothing where nothing runs', [], []],
])('a failed start stops %s, and is passed on', async (_name, names, expected) => {
  const stopped: string[] = [];
  const running: Stoppable[] = [];
  const start = async () => {
    for (const name of names) {
      running.push({
        name,
        async stop() {
          if (name === 'stuck') throw new Error('stuck');
          stopped.push(name);
        },
      });
    }
    throw new Error('the port is taken');
  };
  await expect(startOrStop(() => running, logger, start)).rejects.toThrow('the port is taken');
  expect(stopped).toEqual(expected);
});

it('a start that succeeds stops nothing', async () => {
  const part = { name: 'role', stop: () => Promise.reject(new Error('was stopped')) };
  await startOrStop(
    () => [part],
    logger,
    async () => undefined,
  );
});
