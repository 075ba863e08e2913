// What this version of Banyan can't judge yet is set aside in the demo, with the reason, so that a stage can pass by
// what it can judge. Every reader shows the waivers.

const NOT_YET = 'this version of Banyan cannot judge it yet';

const SET_ASIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  preparation: {
    domain_model: `the demo has nobody to sign: ${NOT_YET}`,
    event_schemas: `the demo has nobody to sign: ${NOT_YET}`,
  },
  build_service: {
    coverage: `the demo posts no report of a build: ${NOT_YET}`,
    tests: `the demo posts no report of a build: ${NOT_YET}`,
    quality: `the demo posts no report of a build: ${NOT_YET}`,
    deployable: `the demo posts no report of a build: ${NOT_YET}`,
  },
  route_reads: {
    errors_vs_legacy: `comparison with the legacy route: ${NOT_YET}`,
    latency_vs_legacy: `comparison with the legacy route: ${NOT_YET}`,
  },
};

const LASTS_MS = 30 * 86_400_000;

/** The waivers of the demo's banyan.yaml; they end a month after `nowMs`, at midnight. */
export function demoWaivers(nowMs: number): { stage: string; criterion: string; reason: string; expires: string }[] {
  const expires = `${new Date(nowMs + LASTS_MS).toISOString().slice(0, 10)}T00:00:00Z`;
  return Object.entries(SET_ASIDE).flatMap(([stage, criteria]) =>
    Object.entries(criteria).map(([criterion, reason]) => ({ stage, criterion, reason, expires })),
  );
}
