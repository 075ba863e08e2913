// The parts of a set-up in one word and one sentence. What is not set up or limited is never counted as working.
import type { PartHealth } from '#lib/services/read/readHealth.ts';
import type { StatusWord } from '../_ui/status.tsx';
import { PART_WORDS, type PartWord, wordOfPart } from './partWords.ts';

type Part = Pick<PartHealth, 'part' | 'state' | 'silent'>;

export interface SetupSummary {
  readonly word: StatusWord;
  readonly title: string;
  readonly sentence: string;
}

const ORDER: readonly PartWord[] = ['ok', 'limited', 'off', 'starting', 'degraded', 'down', 'silent'];

/** "3 work, 1 limited, 1 off". */
export function countsText(parts: readonly Part[]): string {
  return ORDER.flatMap((word) => {
    const n = parts.filter((part) => wordOfPart(part) === word).length;
    if (n === 0) return [];
    return word === 'ok' ? `${n} ${n === 1 ? 'works' : 'work'}` : `${n} ${PART_WORDS[word].label.toLowerCase()}`;
  }).join(', ');
}

/** What the parts say together. */
export function setupSummary(parts: readonly Part[]): SetupSummary {
  const named = (...words: readonly PartWord[]) =>
    parts.filter((part) => words.includes(wordOfPart(part))).map(({ part }) => part);
  if (parts.length === 0) {
    return {
      word: 'no_data',
      title: 'No parts have reported yet',
      sentence:
        'Web has its store. A worker fills it: run `npm run demo` for a whole migration, or `banyan start --config banyan.yaml` for your own.',
    };
  }
  if (parts.every((part) => part.silent)) {
    return {
      word: 'no_data',
      title: 'No parts are checked: the worker is not running',
      sentence: 'What each said last stands below. Start the worker with `banyan start`.',
    };
  }
  const down = named('down', 'silent');
  if (down.length > 0) {
    return {
      word: 'fail',
      title: `${down.length} of ${parts.length} parts ${down.length === 1 ? 'is' : 'are'} down`,
      sentence: `${down.join(', ')}. Each says below what to do.`,
    };
  }
  const unwell = named('degraded', 'starting');
  const title = `Of ${parts.length} parts ${countsText(parts)}`;
  if (unwell.length > 0) {
    return { word: 'inconclusive', title, sentence: `Not fully yet: ${unwell.join(', ')}.` };
  }
  const limited = named('limited');
  const off = named('off');
  if (limited.length + off.length === 0) {
    return { word: 'pass', title: `All ${parts.length} parts work`, sentence: 'Every probe succeeds.' };
  }
  const sentences = [
    ...(limited.length === 0 ? [] : [`Limited: ${limited.join(', ')}.`]),
    ...(off.length === 0 ? [] : [`Not set up: ${off.join(', ')}.`]),
  ];
  return {
    word: limited.length === 0 ? 'pass' : 'inconclusive',
    title,
    sentence: `Nothing is wrong. ${sentences.join(' ')} Each says below what it would give.`,
  };
}
