'use client';
import Link from 'next/link';
import { useViewState } from '../_ui/viewState.ts';

/** The way to a context's certificate. */
export function CertificateCard({ context }: { context: string }) {
  const { hrefOf } = useViewState();
  return (
    <section className="card min-w-0 p-3.5" aria-label={`Certificate of ${context}`}>
      <h3 className="text-sm font-medium text-ink-2">Certificate</h3>
      <p className="mt-1 text-xs text-ink-2">
        After a clean pass over every table the worker signs what was compared, up to which offsets, for anybody to
        check.
      </p>
      <Link
        className="control mt-3 inline-flex px-3 py-[5px] text-xs"
        href={hrefOf(`/consistency/certificate?context=${encodeURIComponent(context)}`)}
      >
        Show the certificate
      </Link>
    </section>
  );
}
