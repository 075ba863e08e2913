import { answer } from '#lib/http.ts';
import { principal, web } from '#lib/runtime/web.ts';
import { readGateMetrics } from '#lib/services/read/readGateMetrics.ts';
import { gateRegistry } from './gateRegistry.ts';

/** Verdicts, evidence and divergences for Prometheus; ingest and lag come from the worker's own /metrics. */
export function GET(): Promise<Response> {
  return answer(async () => {
    const registry = gateRegistry(await readGateMetrics(await web(), principal()));
    return new Response(await registry.metrics(), { headers: { 'content-type': registry.contentType } });
  });
}
