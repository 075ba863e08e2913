import type { ContextDefinition } from '../core/migration/definition.ts';
import { binQuantile } from '../core/stats/binQuantile.ts';
import type { CriterionEvidence } from '../core/verdict/evidence.ts';
import { gatherCounted } from '../core/verdict/gatherCounted.ts';
import { countedIndicator } from '../core/verdict/indicators/countedIndicators.ts';
import type { CountedIndicator } from '../core/verdict/indicators/indicator.ts';
import type { Criterion } from '../core/verdict/verdict.ts';
import type { EvidenceStore } from '../ports/evidenceStore.ts';
import { comparisonSource, countedSource, invariantSource, type Sources } from './evaluateSources.ts';
import { invariantDigest } from './invariantDigest.ts';

/** The quantile to show is that of the last hour: what it is now, beside counts that span the epoch. */
const SHOWN_MS = 3_600_000;
/** A lag sample older than this says nothing of now. */
const SAMPLE_FRESH_MS = 10_000;

export interface EvidenceRequest {
  readonly context: ContextDefinition;
  readonly criterion: Criterion;
  /** Start of the epoch. */
  readonly fromMs: number;
  readonly nowMs: number;
}

/** Loads the evidence of one criterion since the start of its epoch. */
export async function loadEvidence(
  store: EvidenceStore,
  sources: Sources,
  request: EvidenceRequest,
): Promise<CriterionEvidence> {
  const { context, criterion, fromMs, nowMs } = request;
  if (criterion.missingInput !== undefined) return { kind: 'none' };
  const indicator = countedIndicator(criterion);
  if (indicator !== undefined) return loadCounted(store, sources, request, indicator);
  if (criterion.indicator === 'invariant') return loadInvariants(store, sources, request);
  if (criterion.indicator !== 'consistency') return { kind: 'none' };
  const ids = context.tables.map((table) => table.id);
  const tables = ids.length === 0 ? [] : await store.comparedTables(context.id, ids, fromMs, nowMs);
  return { kind: 'comparison', tables, source: comparisonSource(sources, context) };
}

async function loadInvariants(
  store: EvidenceStore,
  sources: Sources,
  { context, fromMs }: EvidenceRequest,
): Promise<CriterionEvidence> {
  const asked = (context.invariants ?? []).map((invariant) => ({
    ...invariant,
    definition: invariantDigest(invariant),
  }));
  const invariants = await store.checkedInvariants(context.id, asked, fromMs);
  return { kind: 'invariants', invariants, source: invariantSource(sources, context) };
}

async function loadCounted(
  store: EvidenceStore,
  sources: Sources,
  { context, criterion, fromMs, nowMs }: EvidenceRequest,
  indicator: CountedIndicator,
): Promise<CriterionEvidence> {
  const selections = indicator.counters(context, criterion);
  const rows = await Promise.all(selections.map((s) => store.counters(context.id, indicator.kind, s, fromMs, nowMs)));
  const shownFromMs = Math.max(fromMs, nowMs - SHOWN_MS);
  const histogram = indicator.histogram(context);
  const bins = histogram === null ? [] : await store.bins(context.id, indicator.kind, histogram, shownFromMs);
  const quantileUs = binQuantile(bins, criterion.quantile ?? 0.99);
  const sampledMs =
    indicator.sampled === undefined
      ? null
      : await store.sampledLagMs(context.id, indicator.sampled(context), nowMs - SAMPLE_FRESH_MS);
  const sagas = context.sagas.map((saga) => saga.id);
  return gatherCounted(
    rows.flat(),
    {
      observed: longest(quantileUs === null ? null : quantileUs / 1000, sampledMs),
      pending: indicator.pendingSagas ? await store.pendingSagas(context.id, sagas) : 0,
      wanting:
        selections.find(({ required }, i) => required !== undefined && !rows[i]?.some(({ n }) => n > 0))?.required ??
        null,
      source: countedSource(sources, context, indicator),
    },
    nowMs,
  );
}

function longest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
