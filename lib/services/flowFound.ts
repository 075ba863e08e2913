/** Next offsets by partition. */
export type Positions = ReadonlyMap<number, bigint>;

/**
 * Where the applier was around the read of its row: W in the snapshot of that read; or C before and H after it; or
 * neither, and then nothing can be judged.
 */
export type AppliedAround =
  | { readonly kind: 'exact'; readonly next: Positions }
  | { readonly kind: 'range'; readonly from: Positions; readonly to: Positions }
  | { readonly kind: 'unknown'; readonly reason: string };

/** One direction as it was found around the two reads of a look. */
export interface FlowFound {
  readonly fenced: ReadonlySet<number>;
  readonly applied: AppliedAround;
  /** Partitions whose position lies past the end of their log, with that end. */
  readonly beyond: Positions;
}

export const NOWHERE: Positions = new Map();

/** Up to where a verdict takes changes into account. */
export function coveredBy(applied: AppliedAround | null): Positions {
  if (applied === null || applied.kind === 'unknown') return NOWHERE;
  return applied.kind === 'exact' ? applied.next : applied.from;
}
