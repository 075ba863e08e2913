import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseConfig } from '../config.ts';
import { withoutSecrets } from './withoutSecrets.ts';

const example = readFileSync(new URL('../../banyan.example.yaml', import.meta.url), 'utf8');
const key = { key: '${OF_SECRET}' };
const auth = { username: 'u', password: '${OF_SECRET}' };

it.each([
  ['the URL of a database', { databases: { x: { url: 'postgresql://u:${OF_SECRET}@db/x' } } }],
  ['the TLS key of a database', { databases: { x: { url: 'postgresql://db/x', ssl: key } } }],
  ['the TLS key of Kafka', { kafka: { brokers: ['b:1'], ssl: key } }],
  ['a SASL password', { kafka: { brokers: ['b:1'], sasl: { mechanism: 'plain', ...auth } } }],
  ['a SASL token', { kafka: { brokers: ['b:1'], sasl: { mechanism: 'oauthbearer', token: '${OF_SECRET}' } } }],
  ['the password of Connect', { connect: { url: 'http://c', auth } }],
  ['the password of the registry', { registry: { url: 'http://r', auth } }],
  ['the secret of a webhook', { alerts: { endpoints: [{ id: 'x', url: 'http://w', secret: '${OF_SECRET}' }] } }],
])('web does not get the variable of %s', (_name, change) => {
  const document: Record<string, unknown> = parse(example);
  const text = stringify({ ...document, contexts: [{ ...contextOf(document), tables: [] }], ...change });
  const result = parseConfig(text, {});
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  expect(withoutSecrets({ OF_SECRET: 'canary', PATH: '/bin' }, result.settings)).toEqual({ PATH: '/bin' });
});

function contextOf(document: Record<string, unknown>): object {
  const [first] = Array.isArray(document.contexts) ? document.contexts : [];
  return Object(first);
}
