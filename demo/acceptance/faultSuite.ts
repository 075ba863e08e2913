// What Banyan must make of each fault, on a demo as a user starts it. The same cases run on both infrastructures.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventually, type Gate, type RunningDemo, type Stage, startRunningDemo } from './runningDemo.ts';
import { startWebhookReceiver, type WebhookReceiver } from './webhookReceiver.ts';

const WITHIN_MS = 60_000;
/** The aftermath of a fault, a new attempt's border, a pass over the tables and an evaluation. */
const RECOVERS_WITHIN_MS = 90_000;

const faultState = z.object({ on: z.boolean(), wrongItems: z.array(z.number()) });

interface Expected {
  readonly fault: string;
  readonly stage: Stage;
  readonly criterion: string;
  readonly reason: RegExp;
}

/** Faults that turn different criteria are switched on together: one new attempt renews all of them. */
const ROUNDS: readonly (readonly Expected[])[] = [
  [
    { fault: 'slow-reads', stage: 'route_reads', criterion: 'latency', reason: /50 ms or longer/ },
    { fault: 'stuck-saga', stage: 'route_writes', criterion: 'saga_success', reason: /sagas/ },
    { fault: 'drop-cdc-event', stage: 'route_writes', criterion: 'divergences', reason: /diverg|differ/ },
  ],
  [
    { fault: 'read-errors', stage: 'route_reads', criterion: 'error_rate', reason: /failed|error/ },
    { fault: 'failed-compensation', stage: 'route_writes', criterion: 'saga_success', reason: /sagas/ },
    { fault: 'rogue-write', stage: 'route_writes', criterion: 'divergences', reason: /diverg|differ/ },
  ],
  [{ fault: 'applier-bug', stage: 'route_writes', criterion: 'divergences', reason: /diverg|differ/ }],
];

/** Runs the cases of every fault against a demo of its own. */
export function faultSuite(name: string, args: readonly string[]): void {
  describe(`Banyan over the demo on ${name}`, () => {
    let demo: RunningDemo;
    let receiver: WebhookReceiver;
    beforeAll(async () => {
      receiver = await startWebhookReceiver();
      const env = { DEMO_WEBHOOK_URL: receiver.url, DEMO_WEBHOOK_SECRET: receiver.secret };
      demo = await startRunningDemo(args, undefined, env);
    }, 300_000);
    afterAll(async () => {
      await receiver?.stop();
      if (demo !== undefined) expect(await demo.stop(), demo.said().slice(-2_000)).toBe(0);
    }, 60_000);

    const criterion = async (stage: Stage, id: string): Promise<Gate['criteria'][number]> => {
      const found = (await demo.gate(stage)).criteria.find((c) => c.id === id);
      if (found === undefined) throw new Error(`${stage} has no criterion ${id}`);
      return found;
    };
    const toBe = (stage: Stage, id: string, words: readonly string[], withinMs: number) =>
      eventually(`${stage}/${id} is ${words.join(' or ')}`, withinMs, async () => {
        const seen = await criterion(stage, id);
        return words.includes(seen.verdict) ? { done: seen } : { seen };
      });
    const switchFault = async (id: string, on: boolean) =>
      faultState.parse(await demo.control('POST', `/faults/${id}`, { on }));
    /** What an earlier case that failed left on must not fail this one too. */
    const allOff = async () => {
      const faults = z.array(z.object({ id: z.string(), on: z.boolean() })).parse(await demo.control('GET', '/faults'));
      for (const { id, on } of faults) if (on) await switchFault(id, false);
    };
    const healthy = async () => {
      for (const [stage, id] of [
        ['route_reads', 'latency'],
        ['route_reads', 'error_rate'],
        ['route_writes', 'saga_success'],
        ['route_writes', 'cdc_lag'],
        ['route_writes', 'divergences'],
      ] as const) {
        await toBe(stage, id, ['pass', 'inconclusive'], RECOVERS_WITHIN_MS);
      }
    };

    it('judges every KPI of the running stage, and fails none', healthy, 120_000);

    it.each(ROUNDS.map((round) => [round.map(({ fault }) => fault).join(', '), round] as const))(
      '%s: each turns its criterion with the right reason, and lets it recover',
      async (_name, round) => {
        await allOff();
        const wrong = new Map<string, readonly number[]>();
        for (const { fault } of round) wrong.set(fault, (await switchFault(fault, true)).wrongItems);
        for (const expected of round) {
          const seen = await toBe(expected.stage, expected.criterion, ['fail'], WITHIN_MS);
          expect(seen.reason, expected.fault).toMatch(expected.reason);
        }
        const items = [...wrong.values()].flat();
        if (items.length > 0) await exactlyDiverged(demo, items);
        for (const { fault } of round) await switchFault(fault, false);
        if (items.length > 0) await demo.control('POST', '/repair');
        await healthy();
      },
      WITHIN_MS * 3 + RECOVERS_WITHIN_MS * 4,
    );

    it.each(['pause-applier', 'stop-connector'])(
      '%s: CDC lag fails and grows, rows wait and none is called divergent',
      async (fault) => {
        await allOff();
        await switchFault(fault, true);
        await toBe('route_writes', 'cdc_lag', ['fail'], WITHIN_MS);
        const lag = async () =>
          Number(
            (
              await demo.store<{ lag: string | null }>(
                `select lag_ms as lag from lag_sample where "table" = 'inventory' and hop = 'end_to_end'
                 order by at desc limit 1`,
              )
            )[0]?.lag ?? 0,
          );
        const before = await lag();
        await eventually('the lag grows', 20_000, async () => {
          const now = await lag();
          return now > before + 3_000 ? { done: now } : { seen: { before, now } };
        });
        expect(
          await demo.store(
            `select key from divergence where state = 'DIVERGED' and resolved_at is null and self_test is null`,
          ),
        ).toEqual([]);
        await switchFault(fault, false);
        await healthy();
      },
      WITHIN_MS + 20_000 + RECOVERS_WITHIN_MS * 3,
    );

    it('schema-break: dead letters name topic, partition, offset and reason, and nothing else stops', async () => {
      await allOff();
      const countedBefore = await counted(demo);
      await switchFault('schema-break', true);
      await eventually('the dead letters', WITHIN_MS, async () => {
        const rows = await demo.store<{ topic: string; part: number; offset: string; reason: string; detail: string }>(
          'select topic, part, "offset", reason, detail from dead_letter',
        );
        const reasons = new Set(rows.map((row) => row.reason));
        const all = rows.every((row) => row.topic === 'monolith.public.inventory' && row.detail !== '');
        return all && reasons.has('json') && reasons.has('schema') ? { done: rows } : { seen: rows };
      });
      await eventually('the other records go on', WITHIN_MS, async () => {
        const now = await counted(demo);
        return now > countedBefore + 100 ? { done: now } : { seen: now };
      });
      await switchFault('schema-break', false);
      await healthy();
    }, 240_000);

    it('duplicate-events: changes no verdict and no count', async () => {
      await allOff();
      await switchFault('duplicate-events', true);
      await eventually('repeats are recognised', WITHIN_MS, async () => {
        const [row] = await demo.store<{ n: string }>('select coalesce(sum(duplicates), 0) as n from ingest_offset');
        return Number(row?.n) > 50 ? { done: row } : { seen: row };
      });
      await switchFault('duplicate-events', false);
      await healthy();
      await countsEqualLedger(demo);
    }, 240_000);

    it('each change of a verdict was posted once, signed, with the words that were stored', async () => {
      await eventually('all messages', WITHIN_MS, async () => {
        const rows = await demo.store<{ id: string }>('select id from outbox order by id');
        const wanted = rows.map(({ id }) => id);
        const seen = [...receiver.received.keys()].sort();
        return JSON.stringify(seen) === JSON.stringify(wanted) ? { done: seen } : { seen: { seen, wanted } };
      });
      expect(receiver.unverified).toBe(0);
      const stored = await demo.store<{ id: string; word: string }>(`select 'msg_' || id as id, word from verdict`);
      for (const { id, word } of stored) {
        const message = receiver.received.get(id);
        if (message !== undefined)
          expect(message).toMatchObject({ type: 'gate.verdict.changed', data: { verdict: word } });
      }
      expect([...receiver.received.values()].length).toBeGreaterThan(5);
    }, 120_000);
  });
}

async function counted(demo: RunningDemo): Promise<number> {
  const [row] = await demo.store<{ n: string }>('select coalesce(sum(counted), 0) as n from ingest_offset');
  return Number(row?.n ?? 0);
}

async function exactlyDiverged(demo: RunningDemo, items: readonly number[]): Promise<void> {
  const wanted = items.map(String).sort();
  await eventually('exactly the wrong keys are listed', WITHIN_MS, async () => {
    const rows = await demo.store<{ key: string }>(
      `select distinct key from divergence where state = 'DIVERGED' and resolved_at is null and self_test is null`,
    );
    const seen = rows
      .map(({ key }) => String(z.union([z.array(z.string()), z.string(), z.number()]).parse(parsed(key))))
      .sort();
    return JSON.stringify(seen) === JSON.stringify(wanted) ? { done: seen } : { seen: { seen, wanted } };
  });
}

function parsed(key: string): unknown {
  try {
    return JSON.parse(key);
  } catch {
    return key;
  }
}

const ledgerSchema = z.object({
  messages: z.record(z.string(), z.record(z.string(), z.number())),
  changes: z.object({ inventory: z.number(), stock_level: z.number() }),
  unsent: z.number(),
});

/** Stops the load, lets everything drain, and holds Banyan's counts against the ledger of the estate. */
export async function countsEqualLedger(demo: RunningDemo): Promise<void> {
  await demo.control('PUT', '/rate', { rate: 0 });
  await eventually('the counts equal the ledger', 60_000, async () => {
    const ledger = ledgerSchema.parse(await demo.control('GET', '/ledger'));
    const rows = await demo.store<{ type: string; n: string }>(
      'select event_type as type, count(*) as n from saga_event group by event_type',
    );
    const [changes] = await demo.store<{ there: string; back: string }>(
      `select coalesce(sum(n) filter (where series = 'inventory'), 0) as there,
         coalesce(sum(n) filter (where series = 'inventory:reverse'), 0) as back
       from kpi_bucket where indicator = 'cdc_lag' and cohort = 'capture'`,
    );
    const wanted: Record<string, number> = {};
    for (const byType of Object.values(ledger.messages)) {
      for (const [type, n] of Object.entries(byType))
        if (type !== 'StockAdjusted') wanted[type] = (wanted[type] ?? 0) + n;
    }
    const got = Object.fromEntries(rows.map(({ type, n }) => [type, Number(n)]));
    const left = { events: sorted(got), there: Number(changes?.there), back: Number(changes?.back), unsent: 0 };
    const right = {
      events: sorted(wanted),
      there: ledger.changes.inventory,
      back: ledger.changes.stock_level,
      unsent: ledger.unsent,
    };
    return JSON.stringify(left) === JSON.stringify(right) ? { done: left } : { seen: { left, right } };
  });
}

function sorted(counts: Record<string, number>): [string, number][] {
  return Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
}
