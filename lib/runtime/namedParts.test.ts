import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadConfig } from '../config.ts';
import { namedParts } from './namedParts.ts';

it('names each part that the example configures', () => {
  const file = fileURLToPath(new URL('../../banyan.example.yaml', import.meta.url));
  const { digest, kinds, parts } = namedParts(loadConfig(file, {}));
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(kinds).toEqual([
    'topic',
    'connector',
    'saga',
    'database',
    'verify',
    'continuous',
    'certificates',
    'self-test',
    'waivers',
    'webhook',
  ]);
  expect([...parts].sort()).toEqual([
    'certificates:inventory',
    'connector:monolith',
    'continuous:inventory/inventory',
    'database:inventory',
    'database:monolith',
    'saga:inventory/place-order',
    'topic:__debezium-heartbeat.monolith',
    'topic:monolith.public.inventory',
    'topic:shop.inventory',
    'topic:shop.orders',
    'topic:shop.payments',
    'verify:inventory/inventory',
    'waivers:inventory',
  ]);
});
