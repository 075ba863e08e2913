import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

it('runs no more than the limit at once, in the order in which work came, and goes on after a failure', async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const ends = gates.map((gate, i) =>
    turns.run(async () => {
      begun.push(i);
      await gate.promise;
      return i;
    }),
  );
  expect(begun).toEqual([0, 1]);
  gates[1]?.reject(new Error('lost'));
  await expect(ends[1]).rejects.toThrow('lost');
  expect(begun).toEqual([0, 1, 2]);
  gates[0]?.resolve();
  await ends[0];
  expect(begun).toEqual([0, 1, 2, 3]);
  for (const gate of gates) gate.resolve();
  expect(await Promise.allSettled(ends)).toMatchObject([{ value: 0 }, {}, { value: 2 }, { value: 3 }, { value: 4 }]);
});
