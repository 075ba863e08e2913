import { z } from 'zod';
import type { ContextDefinition } from '../../core/migration/definition.ts';
import { STAGE_IDS } from '../../core/verdict/verdict.ts';

const tableRef = z.object({
  database: z.string(),
  schema: z.string(),
  table: z.string(),
  key: z.array(z.string()),
});

const heartbeat = z.object({ topic: z.string(), everyMs: z.number() });

const applied = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('table'), query: z.string() }),
  z.object({ kind: z.literal('group'), groupId: z.string() }),
]);

const reverse = z.object({
  topic: z.string(),
  heartbeat: heartbeat.optional(),
  applied,
  connector: z.string().optional(),
});

const table = z.object({
  id: z.string(),
  source: tableRef,
  target: tableRef,
  columns: z.array(
    z.object({ from: z.string(), to: z.string(), compare: z.enum(['exact', 'semantic', 'microseconds']) }),
  ),
  topic: z.string(),
  heartbeat: heartbeat.optional(),
  applied,
  connector: z.string().optional(),
  reverse: reverse.optional(),
});

const correlate = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('header'),
    header: z.string(),
    messageId: z.string(),
    causationId: z.string(),
  }),
  z.object({
    kind: z.enum(['cloudevents', 'nservicebus', 'masstransit', 'axon', 'eventuate', 'opentelemetry', 'key']),
  }),
]);

const saga = z.object({
  id: z.string(),
  topics: z.array(z.string()),
  correlate,
  typeHeader: z.string(),
  steps: z.array(
    z.object({
      event: z.string(),
      service: z.string(),
      deadlineMs: z.number().optional(),
      compensation: z.string().optional(),
    }),
  ),
  deadlineMs: z.number(),
  completedBy: z.array(z.string()),
  compensatedBy: z.array(z.string()),
  failedBy: z.array(z.string()),
  compensatedIsFailure: z.boolean(),
});

const override = z.object({
  target: z.number().optional(),
  quantile: z.number().optional(),
  alpha: z.number().optional(),
  minDurationSec: z.number().optional(),
});

/** A context as the configuration snapshot holds it, whole: what changes a stage must know its plan exactly. */
export const contextSchema: z.ZodType<ContextDefinition> = z.object({
  id: z.string(),
  name: z.string(),
  plan: z.literal('strangler-six'),
  services: z.object({ legacy: z.string(), target: z.string(), facade: z.string() }),
  routes: z.array(
    z.object({ id: z.string(), kind: z.enum(['read', 'write']), method: z.string(), template: z.string() }),
  ),
  tables: z.array(table),
  sagas: z.array(saga),
  selfTest: z
    .object({ table: z.string(), keys: z.array(z.string()), everyMs: z.number().optional(), patienceMs: z.number() })
    .optional(),
  telemetry: z.object({ sampling: z.enum(['none', 'sampled']) }),
  criteria: z.partialRecord(z.enum(STAGE_IDS), z.record(z.string(), override)),
  waivers: z
    .array(z.object({ stage: z.enum(STAGE_IDS), criterion: z.string(), reason: z.string(), expires: z.string() }))
    .default([]),
  relaxed: z.boolean(),
});
