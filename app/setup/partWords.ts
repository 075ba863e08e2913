import type { PartHealth } from '#lib/services/read/readHealth.ts';
import type { StatusWord } from '../_ui/status.tsx';

/** Where a part stands, for a reader: as it says itself, or silent. */
export type PartWord = PartHealth['state'] | 'silent';

export const wordOfPart = ({ state, silent }: Pick<PartHealth, 'state' | 'silent'>): PartWord =>
  silent ? 'silent' : state;

/** Shape and word of each state; `fix` is what its remedy is called. */
export const PART_WORDS: Readonly<Record<PartWord, { word: StatusWord; label: string; fix: string }>> = {
  ok: { word: 'pass', label: 'Works', fix: 'To put it right' },
  limited: { word: 'inconclusive', label: 'Limited', fix: 'To lift the limit' },
  off: { word: 'not_started', label: 'Off', fix: 'To switch it on' },
  degraded: { word: 'error', label: 'Degraded', fix: 'To put it right' },
  down: { word: 'fail', label: 'Down', fix: 'To put it right' },
  starting: { word: 'running', label: 'Starting', fix: 'To put it right' },
  silent: { word: 'no_data', label: 'Silent', fix: 'To put it right' },
};
