import type { PartReport, StatusBoard } from '../../ports/statusBoard.ts';

const EVERY_MS = 5_000;

/** Reports a part now and every few seconds, so that a process that ended is told from one that has nothing to say. */
export function keepReporting(status: StatusBoard, report: PartReport): () => void {
  status.report(report);
  const timer = setInterval(() => status.report(report), EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
