'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { formatWhen, type TimeZone } from '#lib/core/format/time.ts';
import type { StagePage } from '#lib/services/read/readStage.ts';
import { Button } from '../../../_ui/button.tsx';
import { postJson } from '../../../_ui/postJson.ts';
import { ReasonDialog } from '../../../_ui/reasonDialog.tsx';
import { moveConsequences, moveTarget } from './moveConsequences.ts';

interface StageActionsProps {
  readonly page: StagePage;
  readonly zone: TimeZone;
  readonly nowMs: number;
}

/** What a person may change here: begin the stage's evidence anew, or make another stage the current one. */
export function StageActions({ page, zone, nowMs }: StageActionsProps) {
  const [dialog, setDialog] = useState<'attempt' | 'move' | null>(null);
  const [done, setDone] = useState('');
  const client = useQueryClient();
  const { stage, context } = page;
  const target = moveTarget(page);
  const url = `/api/v1/contexts/${encodeURIComponent(context.id)}`;
  async function change(path: string, body: object, said: string) {
    await postJson(`${url}/${path}`, body);
    setDone(said);
    await client.invalidateQueries();
  }
  const close = () => setDialog(null);
  return (
    <div className="mt-3 flex flex-wrap justify-end gap-2 max-xl:justify-start">
      {stage.phase === 'not_started' ? null : <Button onClick={() => setDialog('attempt')}>New attempt…</Button>}
      {target === null ? null : (
        <Button onClick={() => setDialog('move')}>
          {target.id === stage.stage ? 'Make this the current stage…' : `Move to ${target.title}…`}
        </Button>
      )}
      <p role="status" className="w-full text-right text-xs text-ink-2 empty:hidden max-xl:text-left">
        {done}
      </p>
      <ReasonDialog
        open={dialog === 'attempt'}
        title={`New attempt at ${stage.stageTitle}`}
        confirm="Open a new attempt"
        example="the applier is repaired; build 41c9 is deployed"
        onConfirm={(reason) =>
          change(
            'attempts',
            { stage: stage.stage, reason },
            'A new attempt is open. Its first verdict comes within seconds.',
          )
        }
        onClose={close}
      >
        <p>
          {stage.epoch === null
            ? 'The first attempt begins.'
            : `Attempt ${stage.epoch.attempt}, begun ${formatWhen(Date.parse(stage.epoch.startedAt), nowMs, zone)}, ends. It stays in the history.`}
        </p>
        <p>
          The next attempt begins at the next ten-second border with no evidence in it, good or bad: every criterion has
          to be shown again. Each further attempt must show more than the one before, so that retrying until green does
          not work.
        </p>
      </ReasonDialog>
      {target === null ? null : (
        <ReasonDialog
          open={dialog === 'move'}
          title={`Move ${context.name} to ${target.title}`}
          confirm={`Move to ${target.title}`}
          example="signed off by both teams on Monday"
          onConfirm={(reason) =>
            change('stage', { stage: target.id, reason }, `${target.title} is the current stage now.`)
          }
          onClose={close}
        >
          {moveConsequences(page, target).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </ReasonDialog>
      )}
    </div>
  );
}
