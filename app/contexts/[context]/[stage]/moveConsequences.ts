// What moving a context to another stage does, said before it is done.
import type { StagePage } from '#lib/services/read/readStage.ts';
import type { StageRow } from '#lib/services/read/stageRow.ts';
import { STATUS_NAMES } from '../../../_ui/status.tsx';
import { wordOf } from '../../../stageWord.ts';

interface MovePage {
  readonly stage: Pick<StagePage['stage'], 'stage' | 'phase'>;
  readonly stages: readonly StageRow[];
}

/** The stage that a move from this page goes to: this one, or the next if this is the current one; null at the end. */
export function moveTarget({ stage, stages }: MovePage): StageRow | null {
  const at = stages.findIndex(({ id }) => id === stage.stage);
  return stages[stage.phase === 'current' ? at + 1 : at] ?? null;
}

/** One sentence each, the most weighty first. */
export function moveConsequences({ stages }: Pick<StagePage, 'stages'>, target: StageRow): string[] {
  const from = stages.findIndex(({ phase }) => phase === 'current');
  const to = stages.indexOf(target);
  const current = stages[from];
  const ready = current !== undefined && ['pass', 'waived'].includes(wordOf(current));
  const skipped = stages.slice(Math.max(from, 0) + 1, to);
  const undone = to < from ? stages.slice(to + 1, from + 1) : [];
  return [
    ...(to > from && current !== undefined && !ready
      ? [
          `${current.title} does not pass now: it reads ${STATUS_NAMES[wordOf(current)].toLowerCase()}. The move is done all the same.`,
        ]
      : []),
    ...(skipped.length === 0 ? [] : [`${names(skipped)} will count as done without having been the current stage.`]),
    ...(undone.length === 0
      ? []
      : [
          `${names(undone)} will be not started: what was shown there ends, stays in the history and does not count again.`,
        ]),
    `${target.title} becomes the current stage and begins a new attempt, with no evidence in it, at the next ten-second border.`,
    ...(to === 0 ? [] : ['Every stage before it is done and goes on being evaluated.']),
    'Banyan moves no traffic: routes are switched where they are served.',
  ];
}

const names = (stages: readonly StageRow[]): string => stages.map(({ title }) => title).join(', ');
