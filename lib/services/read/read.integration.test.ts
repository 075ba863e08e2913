import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCENARIOS, type Scenario, seedStore } from '../../../tools/seedStore.ts';
import { createTestDatabase } from '../../../tools/testDatabase.ts';
import { type Database, openDatabase } from '../../adapters/store/database.ts';
import { createReadStore } from '../../adapters/store/readStore.ts';
import { LOCAL_OPERATOR } from '../requireRole.ts';
import { readBoard } from './readBoard.ts';
import { readCommand } from './readCommand.ts';
import { readConsistency } from './readConsistency.ts';
import { readDivergence } from './readDivergence.ts';
import { readDivergences } from './readDivergences.ts';
import { readGate } from './readGate.ts';
import { readHealth } from './readHealth.ts';
import type { Reading } from './reading.ts';
import { readSeries } from './readSeries.ts';
import { readSetup } from './readSetup.ts';
import { readStage } from './readStage.ts';
import { readTables } from './readTables.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 7);
const HOUR = 3_600_000;
const INVENTORY = { context: 'inventory', table: 'inventory' };

const databases: Database[] = [];
const readings = new Map<Scenario | 'empty', Reading>();

beforeAll(async () => {
  for (const scenario of [...SCENARIOS, 'empty'] as const) {
    const url = await createTestDatabase(`read_${scenario}`);
    const database = await openDatabase({ url, applicationName: 'test', migrate: true });
    databases.push(database);
    if (scenario !== 'empty') await seedStore(database.pool, scenario, NOW);
    readings.set(scenario, { store: createReadStore(database.pool), clock: { nowMs: () => NOW } });
  }
});

afterAll(async () => {
  for (const database of databases) await database.close();
});

function reading(scenario: Scenario | 'empty'): Reading {
  const found = readings.get(scenario);
  if (found === undefined) throw new Error(`not seeded: ${scenario}`);
  return found;
}

describe('the readiness board', () => {
  it.each([
    ['a failing stage', 'failing', 'fail', 'Inventory is not ready to leave Route writes', 1],
    ['a passing stage', 'passing', 'pass', 'Inventory is ready to leave Route writes', 0],
    ['a worker that has stopped', 'stale', 'no_data', 'Inventory: nobody is watching Route writes', 2],
  ] as const)('answers for %s', async (_name, scenario, word, title, exitCode) => {
    const board = await readBoard(reading(scenario), LOCAL_OPERATOR, { rangeMs: HOUR });
    const context = board.contexts[0];
    expect(context?.headline.title).toBe(title);
    expect(context?.gate?.exitCode).toBe(exitCode);
    expect(context?.stages.find((stage) => stage.id === 'route_writes')?.verdict).toBe(word);
  });

  it('shows every card and every started stage of a stopped worker as no data', async () => {
    const board = await readBoard(reading('stale'), LOCAL_OPERATOR, { rangeMs: HOUR });
    const context = board.contexts[0];
    expect(context?.kpis.map((card) => [card.stale, card.criterion?.verdict])).toEqual(
      Array(4).fill([true, 'no_data']),
    );
    const started = context?.stages.filter((stage) => stage.phase !== 'not_started') ?? [];
    expect(started.map((stage) => [stage.verdict, stage.stale])).toEqual(Array(5).fill(['no_data', true]));
  });

  it('does not count a stage that has not started', async () => {
    const board = await readBoard(reading('passing'), LOCAL_OPERATOR, { rangeMs: HOUR });
    expect(board.contexts[0]?.stages[5]).toMatchObject({
      phase: 'not_started',
      why: 'starts after Route writes',
      total: 0,
    });
  });

  it('has no context in an empty store', async () => {
    const board = await readBoard(reading('empty'), LOCAL_OPERATOR, { rangeMs: HOUR });
    expect(board).toEqual({
      migration: null,
      asOf: null,
      ages: { changeEventAt: null, spanAt: null, comparisonAt: null },
      contexts: [],
    });
  });
});

describe('a series', () => {
  const series = (indicator: string, lengthMs: number, points: number) =>
    readSeries(reading('failing'), LOCAL_OPERATOR, {
      context: 'inventory',
      indicator,
      fromMs: NOW - lengthMs,
      toMs: NOW,
      points,
    });

  it('has the p99 of each step within the histogram error', async () => {
    const { points } = await series('latency', HOUR / 4, 200);
    const known = points.flatMap((point) => (point.value === null ? [] : [point.value]));
    expect(known.length).toBeGreaterThan(80);
    for (const value of known) {
      expect(value).toBeGreaterThan(10.5);
      expect(value).toBeLessThan(19.6);
    }
  });

  it('keeps a gap in the facts as a gap', async () => {
    const { points } = await series('latency', HOUR, 400);
    const gap = points.filter((point) => point.value === null && point.atMs > NOW - 44 * 60_000);
    expect(gap.length).toBe(17);
    expect(gap.every((point) => point.n === 0)).toBe(true);
  });

  it('has the same n however coarse the steps', async () => {
    const sums = await Promise.all(
      [400, 60, 20].map(async (points) => {
        const chart = await series('saga_success', HOUR / 4, points);
        const inside = chart.points.filter((point) => point.atMs + chart.stepMs <= NOW - 7000);
        return {
          stepMs: chart.stepMs,
          perSecond: inside.reduce((sum, point) => sum + point.n, 0) / inside.length / chart.stepMs,
        };
      }),
    );
    expect(new Set(sums.map((sum) => sum.stepMs)).size).toBe(3);
    for (const { perSecond } of sums) expect(perSecond * 1000).toBeCloseTo(8, 0);
  });

  it.each([
    ['an unknown context', { context: 'billing', indicator: 'latency' }, 'not_found'],
    ['an indicator without a series', { context: 'inventory', indicator: 'signoff' }, 'bad_input'],
  ])('is refused for %s', async (_name, request, code) => {
    const asked = readSeries(reading('failing'), LOCAL_OPERATOR, {
      ...request,
      fromMs: NOW - HOUR,
      toMs: NOW,
      points: 100,
    });
    await expect(asked).rejects.toMatchObject({ code });
  });
});

describe('the stage page', () => {
  it('has the criteria, their charts, the verdicts before and the attempts', async () => {
    const page = await readStage(reading('failing'), LOCAL_OPERATOR, {
      context: 'inventory',
      stage: 'route_writes',
      rangeMs: HOUR,
    });
    expect(page.stage.criteria.map((criterion) => criterion.verdict)).toContain('fail');
    expect(page.cards.map((card) => card.chart.id)).toEqual(['cdc_lag', 'saga_success', 'transaction_time', 'latency']);
    expect(page.history.map((row) => row.word)).toEqual(['fail', 'pass', 'inconclusive']);
    expect(page.attempts.map((attempt) => attempt.number)).toEqual([2, 1]);
  });

  it.each([
    ['a stage that is none', 'inventory', 'route_everything'],
    ['a context that is none', 'billing', 'route_reads'],
  ])('does not exist for %s', async (_name, context, stage) => {
    const asked = readStage(reading('failing'), LOCAL_OPERATOR, { context, stage, rangeMs: HOUR });
    await expect(asked).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('the gate', () => {
  it.each([
    ['failing', 'fail'],
    ['passing', 'pass'],
    ['stale', 'no_data'],
  ] as const)('of a %s stage says %s', async (scenario, word) => {
    const live = await readGate(reading(scenario), LOCAL_OPERATOR, 'inventory', 'route_writes');
    expect(live.verdict.verdict).toBe(word);
  });

  it('that does not exist is refused with those there are, the likeliest first', async () => {
    await expect(readGate(reading('passing'), LOCAL_OPERATOR, 'inventory', 'route_write')).rejects.toMatchObject({
      code: 'not_found',
      fix: expect.stringMatching(/^did you mean inventory\/route_writes\? the gates are inventory\/preparation, /),
    });
  });

  it('does not exist in an empty store', async () => {
    await expect(readGate(reading('empty'), LOCAL_OPERATOR, 'inventory', 'route_writes')).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('health and setup', () => {
  it('is not ready while a part is down, and says which', async () => {
    const health = await readHealth(reading('failing'));
    expect(health.ready).toBe(false);
    expect(health.parts.filter((part) => part.state === 'down').map((part) => part.part)).toEqual([
      'connector:monolith',
    ]);
  });

  it('calls a part that nobody has checked for 20 s down', async () => {
    const health = await readHealth(reading('stale'));
    expect(health.parts.every((part) => part.state === 'down' && part.silent)).toBe(true);
  });

  it('says of each group that has not reported what it would give, and what to do', async () => {
    const setup = await readSetup(reading('empty'), LOCAL_OPERATOR);
    expect(setup.groups.every((group) => group.parts.length === 0 && group.gives !== '' && group.next !== '')).toBe(
      true,
    );
  });
});

it('refuses everything to one who may not view', async () => {
  const nobody = { id: 'nobody', kind: 'token', roles: [] } as const;
  const all = [
    readBoard(reading('failing'), nobody, { rangeMs: HOUR }),
    readStage(reading('failing'), nobody, { context: 'inventory', stage: 'route_reads', rangeMs: HOUR }),
    readGate(reading('failing'), nobody, 'inventory', 'route_reads'),
    readConsistency(reading('failing'), nobody, { rangeMs: HOUR }),
    readTables(reading('failing'), nobody, { rangeMs: HOUR }),
    readDivergences(reading('failing'), nobody, { ...INVENTORY, state: null, leg: null, after: null, limit: 1 }),
    readDivergence(reading('failing'), nobody, { ...INVENTORY, key: '10517' }),
    readCommand(reading('failing'), nobody, 'c1'),
    readSetup(reading('failing'), nobody),
  ];
  for (const asked of all) await expect(asked).rejects.toMatchObject({ code: 'forbidden' });
});
