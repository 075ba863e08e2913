'use client';
import { useQuery } from '@tanstack/react-query';
import { digestText } from '#lib/core/consistency/certificateStatement.ts';
import { formatCount } from '#lib/core/format/figure.ts';
import type { TimeZone } from '#lib/core/format/time.ts';
import type { ShownCertificate } from '#lib/services/read/readCertificate.ts';
import { Age } from '../_ui/age.tsx';
import { banyanCommand } from '../_ui/banyanCommand.ts';
import { CopyButton } from '../_ui/copyButton.tsx';
import { EmptyState } from '../_ui/emptyState.tsx';
import { Panel } from '../_ui/panel.tsx';
import { problemText } from '../_ui/problemText.ts';
import { StatusShape } from '../_ui/status.tsx';
import { useOrigin } from '../_ui/useOrigin.ts';

const REFRESH_MS = 10_000;

interface CertificatePanelProps {
  readonly context: string;
  readonly nowMs: number;
  readonly zone: TimeZone;
}

/** The newest certificate of a context: what it covers and how to check it, or what stands against one. */
export function CertificatePanel({ context, nowMs, zone }: CertificatePanelProps) {
  const origin = useOrigin();
  const url = `/api/v1/contexts/${encodeURIComponent(context)}/certificate`;
  const { data, error } = useQuery<ShownCertificate>({
    queryKey: [url],
    queryFn: async ({ signal }) => {
      const response = await fetch(url, { signal, cache: 'no-store' });
      if (!response.ok) throw new Error(await problemText(response));
      return response.json();
    },
    refetchInterval: REFRESH_MS,
    retry: false,
  });
  return (
    <Panel title="Certificate" actions={data?.envelope == null ? undefined : <SaveButton shown={data} />}>
      {error === null ? null : (
        <p className="px-4 py-3 text-sm text-ink-2" role="alert">
          It can't be read now: {error.message}
        </p>
      )}
      {data === undefined ? (
        error === null ? (
          <p className="px-4 py-6 text-sm text-ink-3">Loading…</p>
        ) : null
      ) : data.certificate === null ? (
        <EmptyState title="No certificate yet" command={banyanCommand(`certificate ${context} --url ${origin}`)}>
          <p>
            It is issued after a clean pass over every table of the context, with each change up to its offsets judged.
          </p>
          <Refusals shown={data} />
        </EmptyState>
      ) : (
        <Issued shown={data} certificate={data.certificate} nowMs={nowMs} zone={zone} />
      )}
    </Panel>
  );
}

interface IssuedProps extends Omit<CertificatePanelProps, 'context'> {
  readonly shown: ShownCertificate;
  readonly certificate: NonNullable<ShownCertificate['certificate']>;
}

function Issued({ shown, certificate, nowMs, zone }: IssuedProps) {
  const origin = useOrigin();
  const { context, refusals } = shown;
  const rows = certificate.tables.reduce((sum, table) => sum + Number(table.rowsCompared), 0);
  const file = `${context}.certificate.json`;
  const commands = [
    banyanCommand(`certificate ${context} --out ${file} --url ${origin}`),
    banyanCommand(`certificate verify ${file} --url ${origin}`),
  ];
  return (
    <div className="grid gap-4 px-4 py-4 text-sm">
      <p className="flex items-start gap-2">
        <StatusShape word="pass" size={18} />
        <span>
          <b className="font-semibold">Every row was found right</b>: {formatCount(rows)} rows of{' '}
          {certificate.tables.length === 1 ? '1 table' : `${certificate.tables.length} tables`}, issued{' '}
          <Age at={certificate.issuedAt} nowMs={nowMs} zone={zone} suffix=" ago" />, by rule {certificate.ruleVersion}.
          It speaks of changes below the offsets listed, not of later ones.
        </span>
      </p>
      {refusals.length === 0 ? null : (
        <div>
          <p className="font-semibold">No newer one can be issued now</p>
          <Refusals shown={shown} />
        </div>
      )}
      {certificate.tables.map((table) => (
        <section key={table.table} aria-label={`What it says of ${table.table}`} className="min-w-0">
          <h3 className="font-semibold">{table.table}</h3>
          <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-xs [&_dd]:min-w-0 [&_dd]:break-all [&_dt]:text-ink-3">
            <dt>Compared</dt>
            <dd>
              {formatCount(Number(table.rowsCompared))} rows, {table.coveragePercent} % of the key range
            </dd>
            <dt>Pass</dt>
            <dd>
              {table.pass.startedAt} to {table.pass.endedAt}
            </dd>
            <dt>Source digest</dt>
            <dd className="font-mono">{digestText(table.digests.source)}</dd>
            <dt>Target digest</dt>
            <dd className="font-mono">{digestText(table.digests.target)}</dd>
            <dt>Mapping</dt>
            <dd className="font-mono">{table.mappingDigest}</dd>
            <dt>Offsets</dt>
            <dd>
              {table.offsets.map(({ topic, partition, nextOffset }) => (
                <span key={`${topic}/${partition}`} className="block font-mono">
                  {topic}/{partition} below {nextOffset}
                </span>
              ))}
            </dd>
          </dl>
        </section>
      ))}
      <div>
        <p className="font-semibold">Check it yourself</p>
        <p className="text-xs break-all text-ink-2">Signed by key {shown.keyId}, published at /api/v1/keys.</p>
        {commands.map((command) => (
          <p key={command} className="mt-2 flex max-w-full flex-wrap items-center gap-2 text-xs">
            <code className="break-all">{command}</code>
            <CopyButton text={command} />
          </p>
        ))}
      </div>
    </div>
  );
}

function Refusals({ shown: { refusals, lookedAt } }: { shown: ShownCertificate }) {
  if (lookedAt === null) return <p className="mt-2">No worker has looked yet: start one with the role verify.</p>;
  if (refusals.length === 0) return <p className="mt-2">Nothing stands against one now.</p>;
  return (
    <ul className="mt-2 list-disc pl-5 text-ink-2">
      {refusals.map(({ table, kind, reason }) => (
        <li key={`${table} ${kind} ${reason}`}>{table === null ? reason : `${table}: ${reason}`}</li>
      ))}
    </ul>
  );
}

function SaveButton({ shown: { context, envelope } }: { shown: ShownCertificate }) {
  const href = `data:application/json;charset=utf-8,${encodeURIComponent(`${envelope}\n`)}`;
  return (
    <a className="control px-3 py-[5px] text-xs" href={href} download={`${context}.certificate.json`}>
      Save
    </a>
  );
}
