import type { Metadata } from 'next';
import type { SearchParams } from 'nuqs/server';
import { principal, web } from '#lib/runtime/web.ts';
import { readBoard } from '#lib/services/read/readBoard.ts';
import { loadView, rangeMs } from '#lib/url.ts';
import { BoardScreen } from './boardScreen.tsx';
import { loadPage } from './loadPage.tsx';

export const metadata: Metadata = { title: 'Readiness' };

export default async function BoardPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const { range } = await loadView(searchParams);
  return loadPage(
    async () => readBoard(await web(), principal(), { rangeMs: rangeMs(range) }),
    (board) => <BoardScreen initial={board} initialRange={range} servedAtMs={Date.now()} />,
  );
}
