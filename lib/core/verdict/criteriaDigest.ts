import type { Sha256Hex } from '../audit/auditChain.ts';
import { canonicalJson } from '../audit/canonicalJson.ts';
import type { Criterion } from './verdict.ts';

/** Digest of what the criteria of a stage ask; words are left out. Another digest opens a new epoch. */
export function criteriaDigest(criteria: readonly Criterion[], sha256: Sha256Hex): string {
  const asked = criteria.map((c) => ({
    id: c.id,
    indicator: c.indicator,
    kind: c.kind,
    op: c.op,
    target: c.target,
    unit: c.unit,
    quantile: c.quantile,
    badShareLimit: c.badShareLimit,
    limitUs: c.limitUs.toString(),
    alpha: c.alpha,
    minDurationSec: c.minDurationSec,
  }));
  return `sha256:${sha256(canonicalJson(asked))}`;
}
