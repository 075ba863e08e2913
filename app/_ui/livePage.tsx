'use client';
import type { TimeZone } from '#lib/core/format/time.ts';
import type { Range } from '#lib/url.ts';
import { useNow } from './age.tsx';
import { RefreshProblem } from './refreshProblem.tsx';
import { type Crumb, TopBar } from './topBar.tsx';
import { useLiveView } from './useLiveView.ts';
import { useViewState } from './viewState.ts';

/** What the server rendered: the data, the time range that it was asked for (left out where the page has none), and when. */
export interface Served<T> {
  readonly initial: T;
  readonly initialRange?: Range;
  readonly servedAtMs: number;
}

/** A page as it stands: its data, and how the reader looks at it. */
export interface LivePage<T> {
  readonly view: T;
  readonly range: Range;
  readonly zone: TimeZone;
  readonly nowMs: number;
  /** The same range, zone and refresh on another page. */
  readonly hrefOf: (path: string) => string;
  /** Why the newest refresh failed, or null. */
  readonly problem: string | null;
  readonly refreshedAtMs: number;
}

/** Keeps a page's data fresh, from the address that answers for a range. */
export function useLivePage<T>(served: Served<T>, urlOf: (range: Range) => string): LivePage<T> {
  const { initial, initialRange, servedAtMs } = served;
  const { view: state, hrefOf } = useViewState();
  const url = urlOf(state.range);
  const live = useLiveView({
    url,
    initial,
    initialUrl: initialRange === undefined ? url : urlOf(initialRange),
    servedAtMs,
    live: state.live,
  });
  const nowMs = useNow(servedAtMs);
  const { view, problem, refreshedAtMs } = live;
  return { view, problem, refreshedAtMs, nowMs, range: state.range, zone: state.tz, hrefOf };
}

interface PageHeadProps {
  readonly page: Pick<LivePage<unknown>, 'problem' | 'refreshedAtMs' | 'zone'>;
  readonly crumbs: readonly Crumb[];
  readonly ranged?: boolean;
}

/** Where one is, how the page is shown, and a word where what it shows is old. */
export function PageHead({ page, crumbs, ranged = true }: PageHeadProps) {
  const { problem, refreshedAtMs, zone } = page;
  return (
    <>
      <TopBar crumbs={crumbs} ranged={ranged} />
      <RefreshProblem problem={problem} refreshedAtMs={refreshedAtMs} zone={zone} />
    </>
  );
}
