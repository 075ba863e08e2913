import type { Metadata } from 'next';
import { principal, web } from '#lib/runtime/web.ts';
import { readSetup } from '#lib/services/read/readSetup.ts';
import { loadPage } from '../loadPage.tsx';
import { SetupScreen } from './setupScreen.tsx';

export const metadata: Metadata = { title: 'Setup' };
export const dynamic = 'force-dynamic';

export default function SetupPage() {
  return loadPage(
    async () => readSetup(await web(), principal()),
    (view) => <SetupScreen initial={view} servedAtMs={Date.now()} />,
  );
}
