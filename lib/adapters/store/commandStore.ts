import type pg from 'pg';
import { z } from 'zod';
import type { Command, CommandStore } from '../../ports/commandStore.ts';
import { inTransaction } from './inTransaction.ts';
import { storeFindings } from './verifyFindings.ts';

const commandRow: z.ZodType<Command> = z.object({
  id: z.string(),
  kind: z.string(),
  input: z.unknown(),
  principal: z.string(),
});

/** Commands of the store's table `command`. */
export function commandStore(pool: pg.Pool): CommandStore {
  return {
    runNext: (kinds, owner, work) =>
      inTransaction(pool, async (client) => {
        // The row's lock is the lease: it ends with the transaction, however that ends.
        const { rows } = await client.query(
          `select id, kind, input, principal from command where finished_at is null and kind = any($1)
           order by created_at, id for update skip locked limit 1`,
          [kinds],
        );
        const [command] = z.array(commandRow).parse(rows);
        if (command === undefined) return false;
        const result = await work(command);
        await client.query(
          'update command set taken_by = $2, finished_at = clock_timestamp(), result = $3 where id = $1',
          [command.id, owner, JSON.stringify(result)],
        );
        return true;
      }),

    storeFindings: (target, commandId, findings) =>
      inTransaction(pool, (client) => storeFindings(client, { ...target, id: commandId }, findings)),
  };
}
