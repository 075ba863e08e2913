import { gateOutcome } from '../../core/verdict/gate.ts';
import type { StageVerdict } from '../../core/verdict/verdict.ts';

/** The gate of a stage, and how a pipeline that asks it would end now. */
export interface GateNow {
  /** `<context>/<stage>`, as the command line and the API name it. */
  readonly gate: string;
  readonly exitCode: number;
}

export function gateNow({ context, stage, verdict }: Pick<StageVerdict, 'context' | 'stage' | 'verdict'>): GateNow {
  return { gate: `${context}/${stage}`, exitCode: gateOutcome(verdict).cliExit };
}
