import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { ContextDefinition, Migration } from '../core/migration/definition.ts';
import type { StageVerdict } from '../core/verdict/verdict.ts';
import { messageOf } from '../errors.ts';
import { type EvaluateDeps, evaluateContext } from './evaluateContext.ts';
import type { Sources } from './evaluateSources.ts';

/**
 * One tick: the verdict of every stage of every context, each context in one transaction. A context that can't be
 * evaluated is reported and does not hold up the others; its verdicts go stale. Several workers may run it.
 */
export async function evaluate(deps: EvaluateDeps, migration: Migration): Promise<readonly StageVerdict[]> {
  const startedMs = deps.clock.nowMs();
  const verdicts: StageVerdict[] = [];
  const failures: string[] = [];
  for (const context of migration.contexts) {
    try {
      verdicts.push(...(await evaluateTraced(deps, context)));
    } catch (error) {
      failures.push(`${context.id}: ${messageOf(error)}`);
      deps.logger.error({ err: error, context: context.id }, 'the context could not be evaluated');
    }
  }
  report(deps, migration, failures, deps.clock.nowMs() - startedMs);
  return verdicts;
}

function evaluateTraced(deps: EvaluateDeps, context: ContextDefinition): Promise<readonly StageVerdict[]> {
  return trace.getTracer('banyan').startActiveSpan('evaluate', async (span) => {
    span.setAttribute('banyan.context', context.id);
    try {
      const sources: Sources = {
        parts: await deps.evidence.parts(),
        stopped: await deps.evidence.stoppedPartitions(),
        readAtMs: deps.clock.nowMs(),
      };
      return await deps.store.transaction((tx) => evaluateContext(deps, tx, context, sources));
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

function report(deps: EvaluateDeps, migration: Migration, failures: readonly string[], tookMs: number): void {
  const contexts = migration.contexts.length;
  if (failures.length === 0) {
    const detail = `${contexts} ${contexts === 1 ? 'context' : 'contexts'} evaluated in ${tookMs} ms`;
    deps.status.report({ part: 'evaluate', state: 'ok', detail });
    return;
  }
  deps.status.report({
    part: 'evaluate',
    state: failures.length === contexts ? 'down' : 'degraded',
    detail: `not evaluated: ${failures.join('; ')}`,
    fix: 'see to the store and its log; verdicts that are not renewed read as no data',
  });
}
