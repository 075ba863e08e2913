'use client';
import { formatCount } from '#lib/core/format/figure.ts';
import { formatWhen } from '#lib/core/format/time.ts';
import { visibleText } from '#lib/core/format/visibleText.ts';
import type { Setup } from '#lib/services/read/readSetup.ts';
import { Age, useNow } from '../_ui/age.tsx';
import { Hero } from '../_ui/hero.tsx';
import { Panel } from '../_ui/panel.tsx';
import { RefreshProblem } from '../_ui/refreshProblem.tsx';
import type { StatusWord } from '../_ui/status.tsx';
import { TopBar } from '../_ui/topBar.tsx';
import { useLiveView } from '../_ui/useLiveView.ts';
import { useViewState } from '../_ui/viewState.ts';
import { SetupGroupPanel } from './setupGroup.tsx';

const URL = '/api/v1/setup';

/** What is connected, what is not, and what to do about it. */
export function SetupScreen({ initial, servedAtMs }: { initial: Setup; servedAtMs: number }) {
  const { view } = useViewState();
  const {
    view: setup,
    problem,
    refreshedAtMs,
  } = useLiveView({ url: URL, initial, initialUrl: URL, servedAtMs, live: view.live });
  const nowMs = useNow(servedAtMs);
  const zone = view.tz;
  const summary = summaryOf(setup);
  const checkedAt =
    setup.groups
      .flatMap((group) => group.parts.map((part) => part.checkedAt))
      .toSorted()
      .at(-1) ?? null;
  return (
    <>
      <TopBar crumbs={[{ name: setup.migration ?? 'Banyan', path: '/' }, { name: 'Setup' }]} ranged={false} />
      <RefreshProblem problem={problem} refreshedAtMs={refreshedAtMs} zone={zone} />
      <Hero
        {...summary}
        note={
          <>
            Last probe <Age at={checkedAt} nowMs={nowMs} zone={zone} suffix=" ago" />
          </>
        }
      />
      <div className="mt-4 -mb-4 gap-4 xl:columns-2">
        {setup.groups.map((group) => (
          <SetupGroupPanel key={group.id} group={group} nowMs={nowMs} zone={zone} />
        ))}
      </div>
      <Panel className="mt-4" title="Counted from Kafka">
        {setup.ingest.length === 0 ? (
          <p className="px-4 py-6 text-sm text-ink-2">
            No record was received yet. Each topic shows up here with its first one.
          </p>
        ) : (
          <div className="overflow-x-auto">
            <table className="grid-table">
              <thead>
                <tr>
                  <th>Topic</th>
                  <th className="num">Received</th>
                  <th className="num">Counted</th>
                  <th className="num">Duplicates</th>
                  <th className="num">Dead letters</th>
                  <th className="num">Newest</th>
                </tr>
              </thead>
              <tbody>
                {setup.ingest.map((row) => (
                  <tr key={row.topic}>
                    <td className="font-mono text-xs break-all">
                      {row.topic}
                      {row.stopped === null ? null : (
                        <span className="block font-sans text-ink-2">stopped: {row.stopped}</span>
                      )}
                    </td>
                    <td className="num">{formatCount(row.received)}</td>
                    <td className="num">{formatCount(row.counted)}</td>
                    <td className="num">{formatCount(row.duplicates)}</td>
                    <td className="num">{formatCount(row.deadLettered)}</td>
                    <td className="num">
                      <Age at={row.updatedAt} nowMs={nowMs} zone={zone} suffix=" ago" />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
      {setup.deadLetters.length === 0 ? null : (
        <Panel className="mt-4" title="Newest dead letters">
          <div className="overflow-x-auto">
            <table className="grid-table">
              <thead>
                <tr>
                  <th>When</th>
                  <th>Topic, partition, offset</th>
                  <th>Reason</th>
                  <th>Detail</th>
                </tr>
              </thead>
              <tbody>
                {setup.deadLetters.map((letter) => (
                  <tr key={`${letter.topic}-${letter.part}-${letter.offset}`}>
                    <td className="whitespace-nowrap tabular-nums">{formatWhen(Date.parse(letter.at), nowMs, zone)}</td>
                    <td className="font-mono text-xs break-all">
                      {letter.topic}-{letter.part} @ {letter.offset}
                    </td>
                    <td>{letter.reason}</td>
                    <td className="text-ink-2">{visibleText(letter.detail)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
      )}
    </>
  );
}

function summaryOf(setup: Setup): { word: StatusWord; title: string; sentence: string } {
  const parts = setup.groups.flatMap((group) => group.parts);
  const down = parts.filter((part) => part.state === 'down');
  if (parts.length === 0) {
    return {
      word: 'no_data',
      title: 'No worker has reported yet',
      sentence:
        'Web has its store. A worker fills it: run `npm run demo` for a whole migration, or `banyan start --config banyan.yaml` for your own.',
    };
  }
  if (parts.every((part) => part.silent)) {
    return {
      word: 'no_data',
      title: 'The worker is not running',
      sentence: 'No part was checked in the last 30 s. What it said last stands below; start it with `banyan start`.',
    };
  }
  if (down.length > 0) {
    const names = down.map((part) => part.part).join(', ');
    return {
      word: 'fail',
      title: `${down.length} of ${parts.length} parts ${down.length === 1 ? 'is' : 'are'} down`,
      sentence: `${names}. Each says below what to do.`,
    };
  }
  const slow = parts.filter((part) => part.state !== 'ok');
  if (slow.length > 0) {
    return {
      word: 'inconclusive',
      title: `${parts.length - slow.length} of ${parts.length} parts work`,
      sentence: `Not fully yet: ${slow.map((part) => part.part).join(', ')}.`,
    };
  }
  return {
    word: 'pass',
    title: `All ${parts.length} parts work`,
    sentence: 'Every probe succeeds.',
  };
}
