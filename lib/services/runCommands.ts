import { BanyanError, messageOf } from '../errors.ts';
import type { CommandStore } from '../ports/commandStore.ts';
import type { Logger } from '../ports/logger.ts';
import type { CommandHandler, CommandResult } from './commandResult.ts';

export interface CommandsOptions {
  readonly store: CommandStore;
  readonly handlers: readonly CommandHandler[];
  /** Unique for this process. */
  readonly owner: string;
  readonly logger: Logger;
}

/**
 * Runs the commands that wait, oldest first, until none does or the signal aborts. What a command meets becomes its
 * result; only a stop leaves it for the next worker.
 */
export async function runCommands(options: CommandsOptions, signal: AbortSignal): Promise<void> {
  const { store, handlers, owner, logger } = options;
  const kinds = handlers.map(({ kind }) => kind);
  let ran = true;
  while (ran && !signal.aborted) {
    ran = await store.runNext(kinds, owner, async (command): Promise<CommandResult> => {
      try {
        const handler = handlers.find(({ kind }) => kind === command.kind);
        if (handler === undefined) throw new BanyanError('internal', `nothing runs a command of kind ${command.kind}`);
        const body = await handler.run(command, signal);
        if (signal.aborted) throw new BanyanError('unavailable', 'the worker is being stopped');
        return { outcome: 'done', ...body };
      } catch (error) {
        if (signal.aborted) throw error;
        logger.warn({ command: command.id, kind: command.kind, err: messageOf(error) }, 'a command failed');
        const fix = error instanceof BanyanError && error.fix !== undefined ? { fix: error.fix } : {};
        return { outcome: 'failed', detail: messageOf(error), ...fix };
      }
    });
  }
}
