import { formatCount, formatSpan } from '../format/figure.ts';
import type { Certificate, CertifiedTable } from './certificate.ts';

/** What a certificate proves, how old it is and what it does not say, in lines for a person. */
export function certificateStatement(certificate: Certificate, nowMs: number): readonly string[] {
  const { context, migration, issuedAt, ruleVersion, workerVersion, tables } = certificate;
  return [
    `${migration}/${context}: every row of ${tables.length === 1 ? '1 table' : `${tables.length} tables`} was found right, by rule ${ruleVersion} (worker ${workerVersion})`,
    `issued ${issuedAt}, ${formatSpan(nowMs - Date.parse(issuedAt))} ago; it speaks of changes below these offsets, not of later ones`,
    ...tables.flatMap((table) => tableLines(table)),
  ];
}

function tableLines({ table, source, target, pass, digests, offsets, mappingDigest, ...rest }: CertifiedTable) {
  const { rowsCompared, keys, coveragePercent } = rest;
  return [
    `${table}: ${source} → ${target}`,
    `  ${count(rowsCompared)} rows compared, ${coveragePercent} % of the key range, ${count(keys.clean)} keys clean, none open`,
    `  pass ${pass.startedAt} to ${pass.endedAt} (${pass.id})`,
    `  mapping ${mappingDigest}`,
    `  source digest ${digestText(digests.source)}`,
    `  target digest ${digestText(digests.target)}`,
    digestText(digests.source) === digestText(digests.target)
      ? '  both digests are the same'
      : '  the digests differ, as those of tables that are written may: each key that changed meanwhile was judged',
    ...offsets.map(({ topic, partition, nextOffset }) => `  ${topic} partition ${partition}: below ${nextOffset}`),
  ];
}

/** Count and both sums as one text. */
export function digestText({ rows, sum1, sum2 }: CertifiedTable['digests']['source']): string {
  const hex = (sum: string) => BigInt(sum).toString(16).padStart(16, '0');
  return `${rows}:${hex(sum1)}:${hex(sum2)}`;
}

const count = (text: string) => formatCount(Number(text));
