import { canonicalJson } from '../core/audit/canonicalJson.ts';
import type { InvariantDefinition } from '../core/migration/definition.ts';
import { sha256Hex } from './sha256Hex.ts';

/** Digest of what an invariant asks; its title is left out. Another digest begins with no evidence. */
export function invariantDigest({ parts, equals, tolerance }: InvariantDefinition): string {
  return `sha256:${sha256Hex(canonicalJson({ parts: parts.map((part) => ({ ...part })), equals, tolerance }))}`;
}
