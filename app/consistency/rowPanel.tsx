'use client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { TimeZone } from '#lib/core/format/time.ts';
import { visibleText } from '#lib/core/format/visibleText.ts';
import type { KeyPlace } from '#lib/services/read/readDivergence.ts';
import type { DivergenceDiff } from '#lib/services/read/shownDivergence.ts';
import type { RevealedValues } from '#lib/services/revealValues.ts';
import { Button } from '../_ui/button.tsx';
import { CopyButton } from '../_ui/copyButton.tsx';
import { postJson } from '../_ui/postJson.ts';
import { problemText } from '../_ui/problemText.ts';
import { useOrigin } from '../_ui/useOrigin.ts';
import { DiffTable } from './diffTable.tsx';
import { Recheck } from './recheck.tsx';
import { RowFacts } from './rowFacts.tsx';
import { kindOf, legMeaning, ROW_STATES } from './rowStates.ts';
import { rowUrl, tableUrl } from './useOpenRow.ts';

interface RowPanelProps {
  readonly place: KeyPlace;
  /** True: values that the configuration does not hide are shown without a click. */
  readonly unmasked: boolean;
  readonly nowMs: number;
  readonly zone: TimeZone;
}

const REFRESH_MS = 2_500;

/** One key: both sides column by column, the event that decided, and what can be done about it. */
export function RowPanel({ place, unmasked, nowMs, zone }: RowPanelProps) {
  const { context, table, key } = place;
  const url = rowUrl(place);
  const row = useQuery({
    queryKey: [url],
    queryFn: ({ signal }) => readRow(url, signal),
    refetchInterval: REFRESH_MS,
    retry: false,
  });
  const [values, setValues] = useState<RevealedValues | null>(null);
  const reveal = useMutation({
    mutationFn: (columns: readonly string[] | null) =>
      postJson<RevealedValues>(`${tableUrl(place)}/reveal`, { key, columns }),
    onSuccess: (shown) => setValues((before) => together(before, shown)),
  });
  const { mutate, reset, isIdle } = reveal;
  const known = row.data !== undefined && row.data !== null;
  // Values of an earlier look must not stand beside the differences of a newer one.
  const look = known ? JSON.stringify([row.data?.state, row.data?.resolvedAt, row.data?.lines]) : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the look is what ends the values
  useEffect(() => hide(), [look]);
  function hide() {
    setValues(null);
    reset();
  }
  useEffect(() => {
    if (unmasked && known && isIdle) mutate(null);
  }, [unmasked, known, isIdle, mutate]);
  if (row.isPending)
    return <div className="shimmer h-28 rounded-control bg-surface" role="status" aria-label="Reading the row" />;
  return (
    <section
      className="min-w-0 rounded-control border border-line bg-surface"
      aria-label={`Row ${key} of ${context}/${table}`}
    >
      {row.error === null ? null : <p className="px-3 py-2 text-sm">The row can't be read: {row.error.message}.</p>}
      {row.data === null || row.data === undefined ? (
        <p className="px-3 py-2 text-sm text-ink-2">
          No divergence of key <code className="text-xs break-all">{visibleText(key)}</code> is known: it was never
          found to differ, or that was too long ago to be kept. A recheck judges it now.
        </p>
      ) : (
        <Known row={row.data} values={values} nowMs={nowMs} zone={zone} />
      )}
      {reveal.error === null ? null : <p className="px-3 pb-2 text-sm">Not shown: {reveal.error.message}.</p>}
      <div className="flex flex-wrap items-center gap-2 border-t border-line px-3 py-2">
        <Recheck place={place} />
        {known ? (
          <Button small disabled={reveal.isPending} onClick={() => (values === null ? mutate(null) : hide())}>
            {values === null ? 'Show values' : 'Hide values'}
          </Button>
        ) : null}
        <CopyLink place={place} />
      </div>
    </section>
  );
}

interface KnownProps {
  readonly row: DivergenceDiff;
  readonly values: RevealedValues | null;
  readonly nowMs: number;
  readonly zone: TimeZone;
}

function Known({ row, values, nowMs, zone }: KnownProps) {
  const leg = legMeaning(row.leg);
  return (
    <>
      <DiffTable row={row} values={values} />
      <div className="space-y-1 border-t border-line px-3 py-2 text-xs text-ink-2">
        <p>
          {row.resolvedAt === null ? ROW_STATES[kindOf(row)].meaning : 'Resolved: a later look found the row clean.'}
        </p>
        <p>
          <b className="font-medium text-ink">
            {visibleText(capitalised(row.detail.reason ?? 'no reason was recorded'))}.
          </b>
          {leg === null || row.state !== 'DIVERGED' ? '' : ` Guilty leg: ${leg}.`}
        </p>
        {row.detail.lastLook === null ? null : (
          <p>The newest look could not settle it: {visibleText(row.detail.lastLook)}.</p>
        )}
      </div>
      <RowFacts row={row} nowMs={nowMs} zone={zone} />
    </>
  );
}

function CopyLink({ place }: { place: KeyPlace }) {
  const origin = useOrigin();
  const query = new URLSearchParams({ context: place.context, table: place.table, key: place.key });
  return <CopyButton text={`${origin}/consistency?${query}`} label="Copy link" />;
}

/** What was shown before and what is shown now. */
function together(before: RevealedValues | null, now: RevealedValues): RevealedValues {
  const both = (side: keyof RevealedValues) => (now[side] === null ? null : { ...before?.[side], ...now[side] });
  return { source: both('source'), expected: both('expected'), target: both('target') };
}

/** Null where no divergence of the key is known. */
async function readRow(url: string, signal: AbortSignal): Promise<DivergenceDiff | null> {
  const response = await fetch(url, { signal, cache: 'no-store' });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(await problemText(response));
  const row: DivergenceDiff = await response.json();
  return row;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
