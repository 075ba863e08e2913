import { BanyanError } from '../errors.ts';
import type { CommandStore } from '../ports/commandStore.ts';
import type { CommandHandler } from './commandResult.ts';
import { freshPatience } from './lookAtKeys.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import { verifyKeys } from './verifyKeys.ts';

/** The kind of a command that asks for keys to be judged now. */
export const RECHECK = 'recheck';

/** Keys that one command may name. */
export const RECHECK_KEYS = 100;

/** What such a command carries. */
export interface RecheckInput {
  readonly context: string;
  readonly table: string;
  readonly keys: readonly string[];
}

interface RecheckDeps {
  readonly tables: readonly VerifiedTable[];
  readonly store: Pick<CommandStore, 'storeFindings'>;
}

/** Judges the keys by the rule, as a pass does, and stores the findings where a pass stores its own. */
export function recheckCommand({ tables, store }: RecheckDeps): CommandHandler {
  return {
    kind: RECHECK,
    async run({ id, input }, signal) {
      const { context, table, keys } = recheckInput(input);
      const verified = tables.find((known) => known.context === context && known.table === table);
      if (verified === undefined) {
        throw new BanyanError('not_found', `this worker does not verify ${context}/${table}`, {
          fix: 'start the worker with the configuration that maps the table',
        });
      }
      await verified.reader.prepare();
      // One row may be asked for in several ways, and is found in one alone.
      const own = [...new Set(await verified.keyReader.canonicalKeys(keys))];
      const findings = await verifyKeys(verified, own, freshPatience(verified), signal);
      if (!signal.aborted) await store.storeFindings({ context, table }, id, findings);
      return {
        findings: findings.map(({ key, verdict, kind, leg, columns, detail }) => ({
          ...{ key, verdict, kind, leg, columns },
          reason: detail.reason ?? null,
        })),
      };
    },
  };
}

function recheckInput(input: unknown): RecheckInput {
  if (typeof input === 'object' && input !== null && 'context' in input && 'table' in input && 'keys' in input) {
    const { context, table, keys } = input;
    if (typeof context === 'string' && typeof table === 'string' && Array.isArray(keys)) {
      return { context, table, keys: keys.map(String) };
    }
  }
  throw new BanyanError('bad_input', 'a recheck names a context, a table and keys');
}
