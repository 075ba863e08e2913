import Link from 'next/link';
import { STATUS_NAMES, StatusShape, type StatusWord } from './status.tsx';

export interface RailStep {
  readonly id: string;
  readonly title: string;
  readonly word: StatusWord;
  readonly current: boolean;
  readonly href: string;
}

/** The stages of a context in their order. */
export function Rail({ steps, label }: { steps: readonly RailStep[]; label: string }) {
  return (
    <nav aria-label={label}>
      <ol className="mx-1 mt-5 mb-5 grid grid-cols-3 gap-y-4 sm:grid-cols-6">
        {steps.map((step, index) => (
          <li key={step.id} className="relative text-xs" aria-current={step.current ? 'step' : undefined}>
            {index === steps.length - 1 ? null : (
              <span
                aria-hidden
                className={`absolute top-[9px] right-1.5 left-[26px] h-0.5 rounded-full ${lineOf(step.word)}`}
              />
            )}
            <Link href={step.href} className="inline-flex flex-col items-start gap-1.5">
              <StatusShape word={step.word} size={20} title={STATUS_NAMES[step.word]} />
              <span
                className={
                  step.current ? 'font-semibold text-ink' : step.word === 'not_started' ? 'text-ink-3' : 'text-ink-2'
                }
              >
                {step.title}
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}

const lineOf = (word: StatusWord): string => (word === 'pass' || word === 'waived' ? 'bg-pass' : 'bg-line');
