import type { PartReport, StatusBoard } from '../ports/statusBoard.ts';

const EVERY_MS = 5_000;

/**
 * A status board that repeats the newest report of each part every few seconds, for parts that report when something
 * happens to them: a long pass over a table or a quiet hour of traces is told from a process that ended.
 * @param prefix of the names of the parts that are repeated, '' for all; others pass through.
 */
export function keptReports(status: StatusBoard, prefix: string): StatusBoard & { stop(): void } {
  const newest = new Map<string, PartReport>();
  const timer = setInterval(() => {
    for (const report of newest.values()) status.report(report);
  }, EVERY_MS);
  timer.unref();
  return {
    report(report) {
      if (report.part.startsWith(prefix)) newest.set(report.part, report);
      status.report(report);
    },
    stop: () => clearInterval(timer),
  };
}
