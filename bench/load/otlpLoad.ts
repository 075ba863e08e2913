import { Pool } from 'undici';
import { quantile } from './quantileChange.ts';
import { SpanTemplate } from './spanTemplate.ts';

export interface LoadPlan {
  readonly url: string;
  readonly spansPerSec: number;
  readonly seconds: number;
  /** Spans of one request. */
  readonly batch: number;
}

export interface LoadResult {
  readonly acknowledgedSpans: number;
  readonly failedRequests: number;
  /** From the first intended moment to the last answer. */
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Sends requests at moments fixed beforehand, whether or not earlier ones were answered. */
export async function generateLoad(plan: LoadPlan): Promise<LoadResult> {
  const pool = new Pool(plan.url, { connections: 64, pipelining: 1 });
  const template = new SpanTemplate(plan.batch);
  const everyMs = (1_000 * plan.batch) / plan.spansPerSec;
  const total = Math.round((plan.seconds * 1_000) / everyMs);
  const latencies: number[] = [];
  const running: Promise<void>[] = [];
  let failedRequests = 0;
  const startedMs = performance.now() + 20;
  const send = async (intendedMs: number): Promise<void> => {
    const body = template.next(Date.now());
    const headers = { 'content-type': 'application/x-protobuf' };
    const reply = await pool.request({ path: '/v1/traces', method: 'POST', headers, body });
    await reply.body.dump();
    if (reply.statusCode === 200) latencies.push(performance.now() - intendedMs);
    else failedRequests += 1;
  };
  for (let i = 0; i < total; i += 1) {
    const intendedMs = startedMs + i * everyMs;
    const waitMs = intendedMs - performance.now();
    if (waitMs > 0) await new Promise((done) => setTimeout(done, waitMs));
    running.push(
      send(intendedMs).catch(() => {
        failedRequests += 1;
      }),
    );
  }
  await Promise.all(running);
  const seconds = (performance.now() - startedMs) / 1_000;
  await pool.close();
  const at = (q: number): number => Math.round(quantile(latencies, q) * 10) / 10;
  return {
    acknowledgedSpans: latencies.length * plan.batch,
    failedRequests,
    seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    maxMs: at(1),
  };
}
