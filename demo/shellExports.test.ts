import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shellExports } from './shellExports.ts';

it.each([
  ['a plain one', 'postgresql://banyan_ro:x@127.0.0.1:1/monolith?a=b&c'],
  ['with what a shell would take for its own', `it's "$HOME" \`id\` \\ ; $(id) # *`],
])('a shell reads the very value: %s', (_, value) => {
  const { stdout } = spawnSync('sh', ['-c', `${shellExports({ A_URL: value })}printf %s "$A_URL"`], {
    encoding: 'utf8',
  });
  expect(stdout).toBe(value);
});

it('no value ends its quotes', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const quoted = shellExports({ A: value }).slice('export A='.length, -1);
      expect(quoted.replaceAll("'\\''", '')).toMatch(/^'[^']*'$/s);
    }),
  );
});
