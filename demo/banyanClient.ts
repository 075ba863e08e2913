import { z } from 'zod';
import { DemoError } from './demoError.ts';

const gateSchema = z.object({
  verdict: z.string(),
  reason: z.string().optional(),
  evaluatedAt: z.string().nullish(),
  criteria: z
    .array(
      z.object({
        id: z.string(),
        indicator: z.string().optional(),
        verdict: z.string(),
        n: z.number().nullish(),
        reason: z.string().nullish(),
      }),
    )
    .default([]),
});

const movedSchema = z.object({ changed: z.boolean() });

/** The part of a gate's answer that the demo reads. */
export type Gate = z.infer<typeof gateSchema>;

/** Banyan's API, as any program would use it. */
export interface BanyanClient {
  /** Makes a stage the current one. To the stage that is current already it opens a new attempt instead. */
  moveTo(stage: string): Promise<void>;
  /** A new attempt at a stage: its evidence begins with nothing in it. */
  openAttempt(stage: string, reason: string): Promise<void>;
  /** Has canary rows made wrong, to measure what is found. */
  startSelfTest(): Promise<void>;
  /** Undefined while no verdict of the stage is stored. */
  gate(stage: string): Promise<Gate | undefined>;
}

/** A client for one context of the Banyan at `webUrl`. */
export function banyanClient(webUrl: string, context: string): BanyanClient {
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const url = `${webUrl}/api/v1/contexts/${context}/${path}`;
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new DemoError(`POST ${url}: HTTP ${answer.status} ${text.slice(0, 500)}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const openAttempt = async (stage: string, reason: string): Promise<void> => {
    await post('attempts', { stage, reason });
  };
  return {
    async moveTo(stage) {
      const moved = movedSchema.safeParse(await post('stage', { stage }));
      if (moved.success && !moved.data.changed) await openAttempt(stage, 'the demo began again');
    },
    openAttempt,
    async startSelfTest() {
      await post('self-tests', {});
    },
    async gate(stage) {
      const url = `${webUrl}/api/v1/gates/${context}/${stage}`;
      const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      const text = await answer.text();
      // 503 carries the same body for the verdict `error`.
      if (!answer.ok && answer.status !== 503) return undefined;
      const parsed = gateSchema.safeParse(JSON.parse(text));
      return parsed.success ? parsed.data : undefined;
    },
  };
}

const COUNTED = new Set(['latency', 'error_rate', 'cdc_lag', 'saga_success', 'transaction_time', 'consistency']);

/** How long the first verdict may wait for a criterion that has nothing to count yet. */
const PATIENCE_MS = 45_000;

/**
 * True once the gate was evaluated after the moment given and every criterion that counts facts has counted some; a
 * verdict much later than that moment is live whatever it says.
 */
export function isLive(gate: Gate, sinceMs: number): boolean {
  if (gate.evaluatedAt === undefined || gate.evaluatedAt === null) return false;
  const ageMs = Date.parse(gate.evaluatedAt) - sinceMs;
  if (ageMs <= 0) return false;
  if (ageMs > PATIENCE_MS) return true;
  return gate.criteria
    .filter((criterion) => COUNTED.has(criterion.indicator ?? '') && !hasNoInputYet(criterion))
    .every((criterion) => (criterion.n ?? 0) > 0);
}

/** A criterion whose evidence this version cannot take in, waived or not; it says so in its reason. */
function hasNoInputYet(criterion: Gate['criteria'][number]): boolean {
  const isIdle = criterion.verdict === 'no_data' || criterion.verdict === 'waived';
  return isIdle && /not available in this version/.test(criterion.reason ?? '');
}

export type Move = { readonly go: true; readonly leftOut: readonly string[] } | { readonly go: false };

/**
 * Whether the walk may go on: the gate passes, or everything passes that this version can judge. What was left out is
 * named, because a person who walks must know it.
 */
export function mayMoveOn(gate: Gate): Move {
  const isGood = (word: string): boolean => word === 'pass' || word === 'waived';
  if (isGood(gate.verdict)) return { go: true, leftOut: [] };
  const leftOut = gate.criteria.filter(hasNoInputYet).map((criterion) => criterion.id);
  const rest = gate.criteria.filter((criterion) => !leftOut.includes(criterion.id));
  return rest.length > 0 && rest.every((criterion) => isGood(criterion.verdict))
    ? { go: true, leftOut }
    : { go: false };
}
