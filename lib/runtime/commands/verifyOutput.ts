import type { TableMapping } from '../../core/migration/definition.ts';
import type { OpenFinding, SeenRun } from '../../ports/passReader.ts';
import type { VerifyTarget } from '../../ports/verifyStore.ts';
import { sweepLine } from '../../services/sweepLine.ts';
import { barOf, CLEARED, type ProgressStream, redraw } from './terminalBar.ts';

/** What is told of one table. */
export interface TableReport {
  readonly target: VerifyTarget;
  readonly mapping: TableMapping;
  readonly run: SeenRun;
  /** The first keys that are not CLEAN. */
  readonly findings: readonly OpenFinding[];
}

const LINE_EVERY_MS = 5_000;

/** Shows a pass on its way: one bar that moves on a terminal, else a line every few seconds. */
export function verifyProgress(
  { context, table }: VerifyTarget,
  out: ProgressStream,
): { show(run: SeenRun): void; end(): void } {
  let shownAtMs = performance.now();
  let drawn = false;
  return {
    show(run) {
      const line = `${context}/${table}  ${sweepLine(run, run.detail)}`;
      if (out.isTTY === true) {
        drawn = true;
        redraw(out, `${barOf((run.coveragePercent ?? 0) / 100)} ${line}`);
        return;
      }
      const nowMs = performance.now();
      if (nowMs - shownAtMs < LINE_EVERY_MS) return;
      shownAtMs = nowMs;
      out.write(`${line}\n`);
    },
    end() {
      if (drawn) out.write(CLEARED);
    },
  };
}

const VERDICTS = ['clean', 'diverged', 'pending', 'stalled', 'conflict', 'unknown'] as const;

/** The outcome of a pass for a person: figures, verdicts, then the keys by leg. */
export function tableText({ target, run, findings }: TableReport): string {
  const counts = VERDICTS.filter((name) => name === 'clean' || run[name] > 0n).map((name) => `${run[name]} ${name}`);
  const tookSec = ((run.finishedAtMs ?? run.startedAtMs) - run.startedAtMs) / 1000;
  const lines = [
    `${target.context}/${target.table}: ${run.cleanPass === true ? 'clean' : `not clean: ${run.notCleanBecause ?? 'not known'}`}`,
    `  ${run.rowsCompared} rows compared in ${tookSec.toFixed(1)} s, ${run.coveragePercent ?? 0} % of the key range; keys: ${counts.join(', ')}`,
  ];
  for (const [leg, group] of byLeg(findings)) {
    lines.push(`  ${leg}: ${group.length}`);
    for (const { key, verdict, kind, columns, reason } of group) {
      const where = columns.length === 0 ? '' : ` (${columns.join(', ')})`;
      lines.push(`    ${key}  ${verdict} ${kind}${where}${reason === '' ? '' : `: ${reason}`}`);
    }
  }
  const open = run.diverged + run.pending + run.stalled + run.conflict + run.unknown;
  if (open > BigInt(findings.length)) lines.push(`  and ${open - BigInt(findings.length)} more keys`);
  return lines.join('\n');
}

function byLeg(findings: readonly OpenFinding[]): ReadonlyMap<string, readonly OpenFinding[]> {
  const groups = new Map<string, OpenFinding[]>();
  for (const finding of findings) groups.set(finding.leg, [...(groups.get(finding.leg) ?? []), finding]);
  return groups;
}

const digestJson = (digest: SeenRun['source']) => ({
  rows: digest.rows.toString(),
  sum1: digest.sum1.toString(),
  sum2: digest.sum2.toString(),
});

/** The same for a program; 64-bit numbers are decimal strings. */
export function tableJson({ target, run, findings }: TableReport) {
  return {
    context: target.context,
    table: target.table,
    run: run.id,
    startedAt: new Date(run.startedAtMs).toISOString(),
    finishedAt: run.finishedAtMs === null ? null : new Date(run.finishedAtMs).toISOString(),
    cleanPass: run.cleanPass,
    notCleanBecause: run.notCleanBecause,
    rowsCompared: run.rowsCompared.toString(),
    coveragePercent: run.coveragePercent,
    rowsPerSec: run.rowsPerSec,
    keys: Object.fromEntries(VERDICTS.map((name) => [name, run[name].toString()])),
    digests: { source: digestJson(run.source), target: digestJson(run.target) },
    endOffsets: (run.endOffsets ?? []).map((offset) => ({ ...offset, nextOffset: offset.nextOffset.toString() })),
    findings,
  };
}
