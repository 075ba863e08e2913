import { describe, expect, it } from 'vitest';
import { describeProblems, parseConfig } from '../lib/config.ts';
import { migrationOf } from '../lib/migrationOf.ts';
import { banyanConfig } from './banyanConfig.ts';

function contextOf(fast: boolean) {
  const text = banyanConfig({
    kafka: '127.0.0.1:9092',
    connectUrl: 'http://127.0.0.1:8083',
    fast,
    webhookUrl: undefined,
    nowMs: 0,
  });
  const parsed = parseConfig(text, {});
  if ('problems' in parsed) throw new Error(describeProblems('banyan.yaml', parsed.problems));
  const [context] = migrationOf(parsed.settings).contexts;
  if (context === undefined) throw new Error('no context');
  return { text, context };
}

describe('the banyan.yaml of the demo', () => {
  it('is one that Banyan accepts', () => {
    expect(contextOf(false).context).toMatchObject({ id: 'inventory', plan: 'strangler-six', relaxed: false });
  });

  it('holds no secret', () => {
    expect(contextOf(false).text).toContain('$' + '{MONOLITH_URL}');
    expect(contextOf(false).text).not.toContain('postgresql:');
  });

  it('keeps the targets of the plan and asks for no minimum duration', () => {
    const { criteria } = contextOf(false).context;
    expect(criteria.route_writes?.saga_success).toEqual({ minDurationSec: 0 });
    expect(criteria.route_reads?.latency).toEqual({ minDurationSec: 0 });
  });

  it('relaxes the targets with --fast, and says so', () => {
    const { text, context } = contextOf(true);
    expect(context.relaxed).toBe(true);
    expect(context.criteria.route_writes?.saga_success).toMatchObject({ target: 0.95, minDurationSec: 0 });
    expect(text).toContain('Relaxed targets');
  });

  it('names the way back for the stages in which the service owns keys', () => {
    expect(contextOf(false).context.tables[0]?.reverse?.topic).toBe('inventory.public.stock_level');
    expect(contextOf(false).context.tables[0]?.ownership?.source).toContain('ownership_epoch');
  });
});
