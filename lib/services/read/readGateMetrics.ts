import type { Principal } from '../../ports/principal.ts';
import type { DivergenceCount } from '../../ports/readStore.ts';
import { requireRole } from '../requireRole.ts';
import { currentStage, type LiveStage } from './currentStage.ts';
import type { Reading } from './reading.ts';

export interface GateMetrics {
  readonly stages: readonly LiveStage[];
  readonly divergences: readonly DivergenceCount[];
  /** Stages left out because there are too many. */
  readonly dropped: number;
}

/** A scrape shows at most this many stages: 50 contexts of six. */
const MAX_STAGES = 300;

/** What the monitoring of verdicts needs: every stage as it reads now, and the open divergences. */
export async function readGateMetrics(reading: Reading, principal: Principal): Promise<GateMetrics> {
  requireRole(principal, 'viewer');
  const [rows, divergences] = await Promise.all([reading.store.currentVerdicts(), reading.store.divergenceCounts()]);
  const nowMs = reading.clock.nowMs();
  const stages = rows.slice(0, MAX_STAGES).map((row) => currentStage(row, nowMs));
  return { stages, divergences: divergences.slice(0, MAX_STAGES), dropped: rows.length - stages.length };
}
