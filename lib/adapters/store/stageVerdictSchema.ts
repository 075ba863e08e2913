import { z } from 'zod';
import type { StageVerdict } from '../../core/verdict/verdict.ts';
import { INDICATOR_KINDS, STAGE_IDS, VERDICT_WORDS } from '../../core/verdict/verdict.ts';

const criterion = z.object({
  id: z.string(),
  title: z.string(),
  indicator: z.enum(INDICATOR_KINDS),
  kind: z.enum(['proportion', 'quantile', 'count', 'comparison', 'census', 'attestation', 'trend']),
  op: z.enum(['lt', 'gt', 'eq']),
  target: z.number(),
  unit: z.enum(['ratio', 'ms', 'count']),
  quantile: z.number().nullable(),
  verdict: z.enum(VERDICT_WORDS),
  reason: z.string(),
  limitText: z.string(),
  n: z.number(),
  failures: z.number(),
  pending: z.number(),
  unknown: z.number(),
  estimate: z.number().nullable(),
  observed: z.number().nullable(),
  bound: z.number().nullable(),
  eValue: z.number().nullable(),
  eThreshold: z.number().nullable(),
  alpha: z.number(),
  remaining: z.object({ events: z.number(), etaSeconds: z.number().nullable() }).nullable(),
  failure: z.object({ at: z.string(), reason: z.string() }).nullable().default(null),
  since: z.string(),
  lastEvidenceAt: z.string().nullable(),
  waiver: z.object({ by: z.string(), reason: z.string(), expiresAt: z.string() }).nullable(),
});

/** The stored body of a verdict, checked where it enters. */
export const stageVerdictSchema: z.ZodType<StageVerdict> = z.object({
  schemaVersion: z.literal('1'),
  context: z.string(),
  stage: z.enum(STAGE_IDS),
  stageNumber: z.number(),
  stageTitle: z.string(),
  phase: z.enum(['not_started', 'current', 'done']),
  verdict: z.enum(VERDICT_WORDS),
  reason: z.string(),
  evaluatedAt: z.string(),
  validUntil: z.string(),
  epoch: z
    .object({
      id: z.string(),
      build: z.string().nullable(),
      criteriaDigest: z.string(),
      attempt: z.number(),
      startedAt: z.string(),
    })
    .nullable(),
  criteria: z.array(criterion),
});
