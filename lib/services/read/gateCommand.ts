import { gateOutcome } from '../../core/verdict/gate.ts';
import type { VerdictWord } from '../../core/verdict/verdict.ts';

/** What a pipeline runs, and how it would end now. */
export interface GateCommand {
  readonly command: string;
  readonly exitCode: number;
}

export function gateCommand(context: string, stage: string, verdict: VerdictWord): GateCommand {
  return { command: `banyan gate ${context}/${stage}`, exitCode: gateOutcome(verdict).cliExit };
}
