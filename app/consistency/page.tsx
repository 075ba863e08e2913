import type { Metadata } from 'next';
import { principal, web } from '#lib/runtime/web.ts';
import { readConsistency } from '#lib/services/read/readConsistency.ts';
import { loadPage } from '../loadPage.tsx';
import { ConsistencyScreen } from './consistencyScreen.tsx';

export const metadata: Metadata = { title: 'Consistency' };
export const dynamic = 'force-dynamic';

export default function ConsistencyPage() {
  return loadPage(
    async () => readConsistency(await web(), principal()),
    (view) => <ConsistencyScreen initial={view} servedAtMs={Date.now()} />,
  );
}
