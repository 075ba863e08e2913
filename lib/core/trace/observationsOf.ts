// What a facade's span says about a route: how long the caller waited, and whether it got an answer. Each SERVER span
// that carries `banyan.route` is one observation of latency and one of the error rate, in the cohort that served it.
import type { ContextDefinition, RouteDefinition } from '../migration/definition.ts';
import { SPAN_KIND_SERVER, SPAN_STATUS_ERROR, type SpanRow } from './span.ts';

/** One counted fact. `unknown` could not be judged: it is counted beside the good and bad, never as one of them. */
export interface Observation {
  readonly context: string;
  readonly indicator: 'latency' | 'error_rate';
  readonly series: string;
  readonly cohort: string;
  readonly limitUs: bigint;
  /** Event time: start of the request, at the latest the moment it was received. */
  readonly atMs: number;
  readonly judged: 'good' | 'bad' | 'unknown';
  /** Microseconds, where the indicator has a value that was measured. */
  readonly valueUs: bigint | null;
}

/** A context as span counting needs it. */
export interface ObservedContext {
  readonly id: string;
  /** service.name of the facade. */
  readonly facade: string;
  readonly routes: readonly ObservedRoute[];
}

export interface ObservedRoute {
  readonly id: string;
  readonly method: string;
  readonly template: string;
  /** An answer that took this long or longer is bad. */
  readonly latencyLimitUs: bigint;
}

/** Prepares a context for observationsOf; `limitUs` gives each route's latency threshold. */
export function observedContext(
  context: ContextDefinition,
  limitUs: (route: RouteDefinition) => bigint,
): ObservedContext {
  return {
    id: context.id,
    facade: context.services.facade,
    routes: context.routes.map((route) => ({
      id: route.id,
      method: route.method.toUpperCase(),
      template: templateShape(route.template),
      latencyLimitUs: limitUs(route),
    })),
  };
}

/** A route template with its parameters' names left out, as frameworks write them: {id}, :id, <id>. */
function templateShape(template: string): string {
  return template.replace(/\{[^}]*\}|:[A-Za-z_][\w]*|<[^>]*>/g, '{}').replace(/(.)\/$/, '$1');
}

/** The observations of one span: none, or one of latency and one of the error rate. */
export function observationsOf(span: SpanRow, contexts: readonly ObservedContext[]): Observation[] {
  if (span.kind !== SPAN_KIND_SERVER) return [];
  const cohort = span.route;
  if (cohort !== 'legacy' && cohort !== 'service') return [];
  const found = findRoute(span, contexts);
  if (found === undefined) return [];
  const [context, route] = found;
  const answer = answerOf(span);
  const fact = {
    context: context.id,
    series: route.id,
    cohort,
    atMs: Math.min(Number(span.startNs / 1_000_000n), span.receivedMs),
  };
  const isTimeKnown = span.warnings.length === 0;
  if (!isTimeKnown && span.warnings.includes('time_out_of_range')) return [];
  const isSlow = answer === 'none' || span.durationNs >= route.latencyLimitUs * 1_000n;
  return [
    {
      ...fact,
      indicator: 'latency',
      limitUs: route.latencyLimitUs,
      judged: isTimeKnown ? (isSlow ? 'bad' : 'good') : 'unknown',
      valueUs: isTimeKnown ? span.durationNs / 1_000n : null,
    },
    {
      ...fact,
      indicator: 'error_rate',
      limitUs: 0n,
      judged: answer === 'ok' ? 'good' : answer === 'unknown' ? 'unknown' : 'bad',
      valueUs: null,
    },
  ];
}

function findRoute(
  span: SpanRow,
  contexts: readonly ObservedContext[],
): readonly [ObservedContext, ObservedRoute] | undefined {
  const wanted = span.attributes['banyan.context'];
  const routeId = span.attributes['banyan.route_id'];
  const method = String(span.attributes['http.request.method'] ?? '').toUpperCase();
  const httpRoute = span.attributes['http.route'];
  const shape = typeof httpRoute === 'string' ? templateShape(httpRoute) : undefined;
  for (const context of contexts) {
    if (context.facade !== span.service || (wanted !== undefined && wanted !== context.id)) continue;
    const route =
      context.routes.find((r) => r.id === routeId) ??
      context.routes.find((r) => r.method === method && r.template === shape);
    if (route !== undefined) return [context, route];
  }
  return undefined;
}

/** `none`: the caller got no answer (time-out, abort), which is bad for both indicators. */
function answerOf(span: SpanRow): 'ok' | 'failed' | 'none' | 'unknown' {
  const status = Number(span.attributes['http.response.status_code'] ?? 0);
  const errorType = String(span.attributes['error.type'] ?? '');
  if (status === 499 || /time_?-?out|etimedout|abort|econnreset/i.test(errorType)) return 'none';
  if (status >= 500) return 'failed';
  if (status >= 100) return 'ok';
  return span.statusCode === SPAN_STATUS_ERROR || errorType !== '' ? 'none' : 'unknown';
}
