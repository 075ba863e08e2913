'use client';
import { useNow } from '../../_ui/age.tsx';
import { TopBar } from '../../_ui/topBar.tsx';
import { useViewState } from '../../_ui/viewState.ts';
import { CertificatePanel } from '../certificatePanel.tsx';

/** The page of a context's certificate. */
export function CertificateScreen({ context, servedAtMs }: { context: string; servedAtMs: number }) {
  const { view } = useViewState();
  const nowMs = useNow(servedAtMs);
  return (
    <>
      <TopBar
        crumbs={[{ name: context, path: '/' }, { name: 'Consistency', path: '/consistency' }, { name: 'Certificate' }]}
      />
      <h1 className="mb-4 text-xl font-semibold">Certificate of {context}</h1>
      <CertificatePanel context={context} nowMs={nowMs} zone={view.tz} />
    </>
  );
}
