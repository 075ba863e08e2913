import type { VerdictWord } from '../../core/verdict/verdict.ts';

/** What a pipeline runs, and how it would end now. */
export interface GateCommand {
  readonly command: string;
  readonly exitCode: number;
}

export function gateCommand(context: string, stage: string, verdict: VerdictWord): GateCommand {
  return { command: `banyan gate ${context}/${stage}`, exitCode: exitCodeOf(verdict) };
}

function exitCodeOf(verdict: VerdictWord): number {
  switch (verdict) {
    case 'pass':
    case 'waived':
      return 0;
    case 'fail':
      return 1;
    case 'inconclusive':
    case 'no_data':
      return 2;
    case 'error':
      return 3;
    default:
      return verdict satisfies never;
  }
}
