import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configJsonSchema, parseConfig } from './config.ts';
import { migrationOf } from './migrationOf.ts';
import { withoutSecrets } from './runtime/withoutSecrets.ts';

const example = readFileSync(new URL('../banyan.example.yaml', import.meta.url), 'utf8');
const URL_TEXT = '$' + '{CANARY_URL}';

function withSelfTest(selfTest: object) {
  const line = `    selfTest: ${JSON.stringify(selfTest)}\n    criteria: #`;
  return parseConfig(example.replace('    criteria: #', line), {});
}

const GOOD = { table: 'inventory', keys: ['900001'], connection: { url: URL_TEXT }, every: '1h', patience: '5min' };

describe('the consent to a self-test', () => {
  it('reaches the services without the connection, whose secret nobody prints and web does not get', () => {
    const result = withSelfTest(GOOD);
    if ('problems' in result) throw new Error(JSON.stringify(result.problems));
    const [context] = migrationOf(result.settings).contexts;
    expect(context?.selfTest).toEqual({
      table: 'inventory',
      keys: ['900001'],
      everyMs: 3_600_000,
      patienceMs: 300_000,
    });
    expect(JSON.stringify(result.settings)).not.toContain('CANARY_URL');
    expect(withoutSecrets({ CANARY_URL: 'x', PATH: 'y' }, result.settings)).toEqual({ PATH: 'y' });
    expect(JSON.stringify(configJsonSchema())).toContain('selfTest');
  });

  it('is none unless it is given', () => {
    const result = parseConfig(example, {});
    if ('problems' in result) throw new Error(JSON.stringify(result.problems));
    expect(migrationOf(result.settings).contexts.map(({ selfTest }) => selfTest)).toEqual([undefined]);
  });

  it.each<[string, object, string, string]>([
    ['a table that is not mapped', { ...GOOD, table: 'stock' }, 'selfTest.table', 'a mapped table of the context'],
    ['no key', { ...GOOD, keys: [] }, 'selfTest.keys', 'at least one'],
    ['no connection', { table: 'inventory', keys: ['1'] }, 'selfTest.connection', 'an object'],
    ['a duration that is none', { ...GOOD, every: 'often' }, 'selfTest.every', 'a duration'],
  ])('%s', (_, selfTest, path, expected) => {
    const result = withSelfTest(selfTest);
    expect('problems' in result ? result.problems : []).toEqual([
      expect.objectContaining({ path: `contexts[0].${path}`, expected: expect.stringContaining(expected) }),
    ]);
  });
});
