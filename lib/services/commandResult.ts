import type { Command } from '../ports/commandStore.ts';

/** What is stored when a command has ended. */
export type CommandResult =
  | ({ readonly outcome: 'done' } & Readonly<Record<string, unknown>>)
  | { readonly outcome: 'failed'; readonly detail: string; readonly fix?: string };

/** Runs the commands of one kind. */
export interface CommandHandler {
  readonly kind: string;
  /** @returns plain JSON, stored beside `outcome: done` */
  run(command: Command, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
}
