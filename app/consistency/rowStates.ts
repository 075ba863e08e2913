// The states of a row that is not clean, and the legs of its way, in words.
import type { DivergenceRow } from '#lib/ports/readStore.ts';
import type { ROW_KINDS } from '#lib/url.ts';
import type { StatusWord } from '../_ui/status.tsx';

export type RowKind = (typeof ROW_KINDS)[number];

/** What a proved divergence is, or why a row is not settled. */
export function kindOf({ state, kind }: Pick<DivergenceRow, 'state' | 'kind'>): RowKind {
  switch (state) {
    case 'DIVERGED':
      return kind === 'missing' || kind === 'extra' ? kind : 'different';
    case 'CONFLICT':
      return 'conflict';
    case 'UNKNOWN':
      return 'unknown';
    case 'STALLED':
      return 'stalled';
    case 'PENDING':
      return 'pending';
    default:
      return state satisfies never;
  }
}

/** Shape, and what the state means; none but the first three is a difference. */
export const ROW_STATES: Record<RowKind, { readonly word: StatusWord; readonly meaning: string }> = {
  different: { word: 'fail', meaning: 'Proved: at the position that is applied, the rows differ.' },
  missing: {
    word: 'fail',
    meaning: 'Proved: at the position that is applied, the target should have a row and has none.',
  },
  extra: {
    word: 'fail',
    meaning: 'Proved: at the position that is applied, the target has a row that should not be there.',
  },
  conflict: {
    word: 'error',
    meaning:
      'Both sides wrote the key within one look, or it changed owners: neither side can be held against the other.',
  },
  unknown: { word: 'no_data', meaning: 'The rule could not be applied, so nothing is said of the row.' },
  stalled: {
    word: 'error',
    meaning: 'The applier stands still with events waiting. That is a fault of the applier, not a difference of rows.',
  },
  pending: { word: 'inconclusive', meaning: 'In flight: a change is on its way, so the row is looked at again.' },
};

const LEGS: Readonly<Record<string, string>> = {
  capture: 'lost or altered between the source database and Kafka',
  transport: 'in Kafka, and passed over by the applier',
  apply: 'the applier has passed the event, and the row is not as it says',
  rogue_write: 'the row was written at the target by something other than the applier',
};

/** What a leg means, or null where none was proved. */
export function legMeaning(leg: string): string | null {
  return LEGS[leg] ?? null;
}

/** `rogue_write` as `rogue write`; `not known` where none was proved. */
export function legName(leg: string): string {
  return leg === 'unknown' ? 'not known' : leg.replaceAll('_', ' ');
}
