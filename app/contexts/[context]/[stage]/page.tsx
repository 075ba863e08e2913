import type { Metadata } from 'next';
import type { SearchParams } from 'nuqs/server';
import { principal, web } from '#lib/runtime/web.ts';
import { readStage } from '#lib/services/read/readStage.ts';
import { loadView, rangeMs } from '#lib/url.ts';
import { loadPage } from '../../../loadPage.tsx';
import { StageScreen } from './stageScreen.tsx';

interface StagePageProps {
  readonly params: Promise<{ readonly context: string; readonly stage: string }>;
  readonly searchParams: Promise<SearchParams>;
}

export async function generateMetadata({ params }: StagePageProps): Promise<Metadata> {
  const { context, stage } = await params;
  return { title: `${context}/${stage}` };
}

export default async function StagePage({ params, searchParams }: StagePageProps) {
  const [{ context, stage }, { range }] = await Promise.all([params, loadView(searchParams)]);
  return loadPage(
    async () => readStage(await web(), principal(), { context, stage, rangeMs: rangeMs(range) }),
    (view) => <StageScreen initial={view} initialRange={range} servedAtMs={Date.now()} />,
  );
}
