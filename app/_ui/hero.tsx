import type { ReactNode } from 'react';
import { STATUS_NAMES, StatusShape, type StatusWord } from './status.tsx';

interface HeroProps {
  readonly word: StatusWord;
  readonly title: string;
  readonly sentence: string;
  readonly note: ReactNode;
  readonly aside?: ReactNode;
  readonly more?: ReactNode;
}

/** The question of the page answered in one sentence. */
export function Hero({ word, title, sentence, note, aside, more }: HeroProps) {
  return (
    <section className="card grid grid-cols-[34px_minmax(0,1fr)] items-start gap-x-4 gap-y-3 p-5 xl:grid-cols-[40px_minmax(0,1fr)_auto]">
      <StatusShape word={word} size={34} title={STATUS_NAMES[word]} />
      <div>
        <h1 className="mb-1.5 text-xl font-semibold tracking-tight text-balance">{title}</h1>
        <Reason sentence={sentence} className="max-w-[76ch] text-ink-2" />
        {more}
        <p className="mt-2 text-xs text-ink-3">{note}</p>
      </div>
      {aside === undefined ? null : <div className="max-xl:col-span-2">{aside}</div>}
    </section>
  );
}

/** A verdict's sentence, its criterion set off; the words are those of the stored verdict. */
export function Reason({ sentence, className = '' }: { sentence: string; className?: string }) {
  const match = /^([a-z][a-z0-9_]*): /.exec(sentence);
  if (match?.[1] === undefined) return <p className={className}>{sentence}</p>;
  return (
    <p className={className}>
      <b className="font-semibold text-ink">{match[1]}</b>
      {sentence.slice(match[1].length)}
    </p>
  );
}
