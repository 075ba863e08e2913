import type { KeyFinding, VerifyTarget } from './verifyStore.ts';

/** What web, or a command line, asks of the worker. */
export interface Command {
  readonly id: string;
  readonly kind: string;
  readonly input: unknown;
  readonly principal: string;
}

/** Commands as the worker takes them. */
export interface CommandStore {
  /**
   * Takes the oldest waiting command of these kinds that no other worker holds, runs `work` and stores what it returns as
   * the command's result. The command is held until then: if the work throws or its process ends, another takes it.
   * False if none waits.
   */
  runNext(kinds: readonly string[], owner: string, work: (command: Command) => Promise<object>): Promise<boolean>;
  /** Findings of keys that were judged outside a pass. */
  storeFindings(target: VerifyTarget, commandId: string, findings: readonly KeyFinding[]): Promise<void>;
}
