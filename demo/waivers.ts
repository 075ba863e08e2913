// What the demo can't show is set aside, with the reason, so that a stage can pass by what it shows. Every reader shows the
// waivers; what Banyan itself says of such a criterion stands beside the reason and is not repeated in it.

const NOBODY_SIGNS = 'the demo has nobody to sign';
const NO_BUILD = 'the demo posts no report of a build';
const NO_BASELINE = 'the demo goes on without this comparison';

const SET_ASIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  preparation: { domain_model: NOBODY_SIGNS, event_schemas: NOBODY_SIGNS },
  build_service: { coverage: NO_BUILD, tests: NO_BUILD, quality: NO_BUILD, deployable: NO_BUILD },
  route_reads: { errors_vs_legacy: NO_BASELINE, latency_vs_legacy: NO_BASELINE },
};

const LASTS_MS = 30 * 86_400_000;

/** The waivers of the demo's banyan.yaml; they end a month after `nowMs`, at midnight. */
export function demoWaivers(nowMs: number): { stage: string; criterion: string; reason: string; expires: string }[] {
  const expires = `${new Date(nowMs + LASTS_MS).toISOString().slice(0, 10)}T00:00:00Z`;
  return Object.entries(SET_ASIDE).flatMap(([stage, criteria]) =>
    Object.entries(criteria).map(([criterion, reason]) => ({ stage, criterion, reason, expires })),
  );
}
