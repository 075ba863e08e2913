'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { visibleText } from '#lib/core/format/visibleText.ts';
import type { KeyPlace } from '#lib/services/read/readDivergence.ts';
import { Button } from '../_ui/button.tsx';
import { postJson } from '../_ui/postJson.ts';
import { problemText } from '../_ui/problemText.ts';
import { legName } from './rowStates.ts';
import { rowUrl, tableUrl } from './useOpenRow.ts';

const ASK_EVERY_MS = 700;
/** A worker that runs takes a command within a second; a look may wait for capture and applier after that. */
const SILENT_AFTER_MS = 20_000;

interface CommandAnswer {
  readonly state: 'waiting' | 'ended';
  readonly result: RecheckResult | null;
}

type RecheckResult =
  | { readonly outcome: 'done'; readonly findings: readonly Finding[] }
  | { readonly outcome: 'failed'; readonly detail: string; readonly fix?: string };

interface Finding {
  readonly key: string;
  readonly verdict: string;
  readonly leg: string;
  readonly reason: string | null;
}

/** Has the worker judge the row now, and says what it found. */
export function Recheck({ place }: { place: KeyPlace }) {
  const client = useQueryClient();
  const [askedAtMs, setAskedAtMs] = useState(0);
  const ask = useMutation({
    mutationFn: () => postJson<{ location: string }>(`${tableUrl(place)}/recheck`, { keys: [place.key] }),
    onMutate: () => setAskedAtMs(Date.now()),
  });
  const location = ask.data?.location ?? '';
  const command = useQuery({
    queryKey: [location],
    queryFn: ({ signal }) => readCommand(location, signal),
    enabled: location !== '',
    refetchInterval: (query) => (query.state.data?.state === 'ended' ? false : ASK_EVERY_MS),
    retry: false,
  });
  const ended = command.data?.state === 'ended';
  const waiting = ask.isPending || (ask.isSuccess && !ended);
  const url = rowUrl(place);
  useEffect(() => {
    if (ended) client.invalidateQueries({ queryKey: [url] });
  }, [ended, client, url]);
  const problem = ask.error?.message ?? command.error?.message ?? null;
  return (
    <>
      <Button small disabled={waiting} onClick={() => ask.mutate()}>
        {waiting ? 'Rechecking…' : 'Recheck now'}
      </Button>
      <span role="status" className="order-last w-full text-xs text-ink-2 empty:hidden">
        {problem !== null
          ? `The recheck was not done: ${problem}.`
          : waiting
            ? waitingText(command.dataUpdatedAt - askedAtMs)
            : ended
              ? resultText(command.data?.result ?? null)
              : ''}
      </span>
    </>
  );
}

function waitingText(forMs: number): string {
  return forMs > SILENT_AFTER_MS
    ? 'No worker has answered yet. It needs the role verify: banyan worker --roles verify.'
    : 'The worker reads both rows and waits until the events between them are in.';
}

function resultText(result: RecheckResult | null): string {
  if (result === null) return 'The worker answered without a finding.';
  if (result.outcome === 'failed') {
    return `The worker could not judge it: ${visibleText(result.detail)}${result.fix === undefined ? '' : `; ${visibleText(result.fix)}`}.`;
  }
  const [finding] = result.findings;
  if (finding === undefined) return 'The worker answered without a finding.';
  if (finding.verdict === 'CLEAN') return 'Rechecked: clean. Both sides are the same now.';
  const leg = finding.leg === 'unknown' ? '' : `, leg ${legName(finding.leg)}`;
  return `Rechecked: ${finding.verdict.toLowerCase()}${leg}: ${visibleText(finding.reason ?? 'no reason was recorded')}.`;
}

async function readCommand(url: string, signal: AbortSignal): Promise<CommandAnswer> {
  const response = await fetch(url, { signal, cache: 'no-store' });
  if (!response.ok) throw new Error(await problemText(response));
  const answer: CommandAnswer = await response.json();
  return answer;
}
