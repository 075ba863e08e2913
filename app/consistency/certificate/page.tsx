import type { Metadata } from 'next';
import { principal, web } from '#lib/runtime/web.ts';
import { readCertificate } from '#lib/services/read/readCertificate.ts';
import { loadPage } from '../../loadPage.tsx';
import { CertificateScreen } from './certificateScreen.tsx';

export const metadata: Metadata = { title: 'Certificate' };
export const dynamic = 'force-dynamic';

interface Props {
  readonly searchParams: Promise<{ readonly context?: string | string[] }>;
}

/** `/consistency/certificate?context=inventory`; without a name, the first context. */
export default async function CertificatePage({ searchParams }: Props) {
  const asked = (await searchParams).context;
  return loadPage(
    async () => {
      const reading = await web();
      const first = (await reading.store.migration())?.contexts[0]?.id ?? '';
      return readCertificate(reading, principal(), typeof asked === 'string' ? asked : first);
    },
    ({ context }) => <CertificateScreen context={context} servedAtMs={Date.now()} />,
  );
}
