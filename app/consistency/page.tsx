import type { Metadata } from 'next';
import type { SearchParams } from 'nuqs/server';
import { principal, web } from '#lib/runtime/web.ts';
import { readConsistency } from '#lib/services/read/readConsistency.ts';
import { loadView, rangeMs } from '#lib/url.ts';
import { loadPage } from '../loadPage.tsx';
import { ConsistencyScreen } from './consistencyScreen.tsx';

export const metadata: Metadata = { title: 'Consistency' };
export const dynamic = 'force-dynamic';

export default async function ConsistencyPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const { range } = await loadView(searchParams);
  return loadPage(
    async () => readConsistency(await web(), principal(), { rangeMs: rangeMs(range) }),
    (view) => <ConsistencyScreen initial={view} initialRange={range} servedAtMs={Date.now()} />,
  );
}
