import type { CanaryChange } from '#lib/core/consistency/canaryPlan.ts';
import { formatMs } from '#lib/core/format/figure.ts';
import type { ShownRound } from '#lib/services/read/readSelfTests.ts';
import { LegBadge } from './legBadge.tsx';

const WHAT: Record<CanaryChange, string> = {
  wrong_value: 'wrong value',
  null_value: 'NULL for a value',
  swapped: 'values swapped',
  missing: 'row taken out',
  extra: 'row added',
};

/** Each canary of a round: what was done to it, when it was found, and the leg that was named. */
export function SelfTestCanaries({ round }: { round: ShownRound }) {
  return (
    <details className="mt-2 text-xs text-ink-2">
      <summary className="cursor-pointer">What was done to which row</summary>
      <ul className="mt-2 grid gap-1.5">
        {round.canaries.map(({ key, change, columns, found }) => (
          <li key={key}>
            <span className="font-mono break-all">{key}</span> {WHAT[change]}
            {columns.length === 0 ? '' : ` in ${columns.join(', ')}`}:{' '}
            {found === null ? (
              round.endedAt === null ? (
                'not found yet'
              ) : (
                'missed'
              )
            ) : (
              <>
                found after {formatMs(found.afterMs)} <LegBadge leg={found.leg} />
              </>
            )}
          </li>
        ))}
        {round.others.map((key) => (
          <li key={key}>
            <span className="font-mono break-all">{key}</span> was named too: a false alarm, unless something else is
            wrong
          </li>
        ))}
      </ul>
    </details>
  );
}
