'use client';
import { formatCount } from '#lib/core/format/figure.ts';
import { formatWhen } from '#lib/core/format/time.ts';
import { visibleText } from '#lib/core/format/visibleText.ts';
import type { Setup } from '#lib/services/read/readSetup.ts';
import { Age } from '../_ui/age.tsx';
import { Hero } from '../_ui/hero.tsx';
import { PageHead, type Served, useLivePage } from '../_ui/livePage.tsx';
import { Panel } from '../_ui/panel.tsx';
import { SetupGroupPanel } from './setupGroup.tsx';
import { setupSummary } from './setupSummary.ts';

const URL = '/api/v1/setup';

/** What is connected, what is not, and what to do about it. */
export function SetupScreen(served: Served<Setup>) {
  const page = useLivePage(served, () => URL);
  const { view: setup, nowMs, zone } = page;
  const summary = setupSummary(setup.groups.flatMap((group) => group.parts));
  const checkedAt =
    setup.groups
      .flatMap((group) => group.parts.map((part) => part.checkedAt))
      .toSorted()
      .at(-1) ?? null;
  return (
    <>
      <PageHead
        page={page}
        crumbs={[{ name: setup.migration ?? 'Banyan', path: '/' }, { name: 'Setup' }]}
        ranged={false}
      />
      <Hero
        {...summary}
        note={
          <>
            Last probe <Age at={checkedAt} nowMs={nowMs} zone={zone} suffix=" ago" />
          </>
        }
      />
      <div className="mt-4 gap-4 xl:columns-2">
        {setup.groups.map((group) => (
          // Padding, because a margin at the end of a column is dropped.
          <div key={group.id} className="break-inside-avoid pb-4">
            <SetupGroupPanel group={group} nowMs={nowMs} zone={zone} />
          </div>
        ))}
      </div>
      <Panel title="Counted from Kafka">
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
