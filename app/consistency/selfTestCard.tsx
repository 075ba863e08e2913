'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { formatMs, formatSpan } from '#lib/core/format/figure.ts';
import type { TimeZone } from '#lib/core/format/time.ts';
import type { ShownRound, ShownSelfTests } from '#lib/services/read/readSelfTests.ts';
import { Age } from '../_ui/age.tsx';
import { Button } from '../_ui/button.tsx';
import { CopyButton } from '../_ui/copyButton.tsx';
import { postJson } from '../_ui/postJson.ts';
import { problemText } from '../_ui/problemText.ts';
import { Status, type StatusWord } from '../_ui/status.tsx';
import { SelfTestCanaries } from './selfTestCanaries.tsx';

const AT_REST_MS = 10_000;
const AT_WORK_MS = 1_000;
const EARLIER_SHOWN = 5;

interface SelfTestCardProps {
  readonly context: string;
  readonly nowMs: number;
  readonly zone: TimeZone;
}

/** What the verifier found of rows that were made wrong on purpose, and how fast; a round can be asked for. */
export function SelfTestCard({ context, nowMs, zone }: SelfTestCardProps) {
  const client = useQueryClient();
  const url = `/api/v1/contexts/${encodeURIComponent(context)}/self-tests`;
  const { data, error } = useQuery<ShownSelfTests>({
    queryKey: [url],
    queryFn: async ({ signal }) => {
      const response = await fetch(url, { signal, cache: 'no-store' });
      if (!response.ok) throw new Error(await problemText(response));
      return response.json();
    },
    refetchInterval: (query) => (isOpen(query.state.data?.rounds[0]) ? AT_WORK_MS : AT_REST_MS),
    retry: false,
  });
  const ask = useMutation({
    mutationFn: () => postJson(url, {}),
    onSettled: () => client.invalidateQueries({ queryKey: [url] }),
  });
  const newest = data?.rounds[0];
  const problem = ask.error ?? error;
  return (
    <section className="card min-w-0 p-3.5" aria-label={`Self-test of ${context}`}>
      <header className="flex items-center justify-between gap-2">
        <h3 className="truncate text-sm font-medium text-ink-2">Self-test</h3>
        {data === undefined ? null : <Status {...stateOf(newest)} />}
      </header>
      {newest === undefined ? null : <Newest round={newest} nowMs={nowMs} zone={zone} />}
      {data?.consent === null ? (
        <Consent />
      ) : data === undefined ? null : (
        <>
          {newest === undefined ? (
            <p className="mt-1 text-xs text-ink-2">
              No round was made yet. One makes {data.consent.canaries} canary rows of {data.consent.table} wrong for a
              moment and measures what is found of them.
            </p>
          ) : null}
          <div className="mt-3 flex flex-wrap items-center gap-2">
            <Button small disabled={ask.isPending || isOpen(newest)} onClick={() => ask.mutate()}>
              {isOpen(newest) ? 'Running…' : 'Run now'}
            </Button>
            {data.consent.everyMs === null ? null : (
              <span className="text-xs text-ink-3">by itself every {formatSpan(data.consent.everyMs)}</span>
            )}
          </div>
        </>
      )}
      <p role="status" className="mt-2 text-xs text-ink-2 empty:hidden">
        {problem === null ? '' : `It can't be done now: ${problem.message}.`}
      </p>
      {data === undefined || data.rounds.length < 2 ? null : <Earlier shown={data} nowMs={nowMs} zone={zone} />}
    </section>
  );
}

const isOpen = (round: ShownRound | undefined) => round?.state === 'waiting' || round?.state === 'running';

function stateOf(round: ShownRound | undefined): { word: StatusWord; label?: string } {
  if (round === undefined) return { word: 'no_data' };
  switch (round.state) {
    case 'waiting':
      return { word: 'not_started', label: 'Waiting' };
    case 'running':
      return { word: 'running' };
    case 'failed':
      return { word: 'error', label: 'Not measured' };
    case 'measured':
      return round.tally.missed === 0 ? { word: 'pass', label: 'All found' } : { word: 'fail', label: 'Missed' };
    default:
      return round.state satisfies never;
  }
}

function Newest({ round, nowMs, zone }: { round: ShownRound; nowMs: number; zone: TimeZone }) {
  const { tally, state, sentence, fix } = round;
  return (
    <>
      {state === 'measured' ? (
        <p className="text-figure font-semibold tracking-tight tabular-nums">
          {tally.found} of {tally.planted}
          <span className="ml-2 text-xs font-normal tracking-normal">canaries found</span>
        </p>
      ) : null}
      <p className="mt-1 text-xs break-words text-ink-2">
        {sentence}, <Age at={round.endedAt ?? round.askedAt} nowMs={nowMs} zone={zone} suffix=" ago" />.
        {fix === null ? '' : ` To put it right: ${fix}.`}
      </p>
      {tally.planted === 0 ? null : <SelfTestCanaries round={round} />}
    </>
  );
}

function Earlier({ shown, nowMs, zone }: { shown: ShownSelfTests; nowMs: number; zone: TimeZone }) {
  const { tally, rounds } = shown.measured;
  return (
    <details className="mt-3 text-xs text-ink-2">
      <summary className="cursor-pointer">
        {rounds} {rounds === 1 ? 'round' : 'rounds'} measured: {tally.found} of {tally.planted} found
        {tally.p99Ms === null ? '' : `, p99 ${formatMs(tally.p99Ms)}`}
      </summary>
      <ul className="mt-2 grid gap-1">
        {shown.rounds.slice(1, 1 + EARLIER_SHOWN).map((round) => (
          <li key={round.id}>
            <Age at={round.endedAt ?? round.askedAt} nowMs={nowMs} zone={zone} suffix=" ago" />: {round.sentence}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Nothing is made wrong without it. */
function Consent() {
  return (
    <div className="mt-1 text-xs text-ink-2">
      <p>
        How good is the verifier? Banyan measures it by making canary rows wrong on purpose, and only by your consent:
        name rows that nothing else writes, and a connection that may write them, in banyan.yaml.
      </p>
      <div className="mt-2 flex items-start gap-2 rounded-control border border-line bg-surface-2 p-2">
        <pre className="min-w-0 flex-1 text-2xs break-all whitespace-pre-wrap">{CONSENT_EXAMPLE}</pre>
        <CopyButton text={CONSENT_EXAMPLE} />
      </div>
    </div>
  );
}

const CONSENT_EXAMPLE = `selfTest:
  table: inventory
  keys: ["900001", "900002", "900003"]
  connection: { url: "\${CANARY_URL}" }`;
