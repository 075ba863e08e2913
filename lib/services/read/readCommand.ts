import { BanyanError } from '../../errors.ts';
import type { Principal } from '../../ports/principal.ts';
import type { CommandRow } from '../../ports/readStore.ts';
import { requireRole } from '../requireRole.ts';
import type { Reading } from './reading.ts';

/** A command as the API tells of it. */
export interface CommandState extends Omit<CommandRow, 'input'> {
  /** `waiting` until a worker has ended it. */
  readonly state: 'waiting' | 'ended';
}

/**
 * What became of a command.
 * @throws BanyanError `not_found`
 */
export async function readCommand({ store }: Reading, principal: Principal, id: string): Promise<CommandState> {
  requireRole(principal, 'viewer');
  const command = await store.command(id);
  if (command === null) throw new BanyanError('not_found', `there is no command ${id}`);
  const { input: _input, ...told } = command;
  return { ...told, state: command.finishedAt === null ? 'waiting' : 'ended' };
}
