import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { matchTables } from '../../adapters/postgres/matchTables.ts';
import { PostgresRowReader } from '../../adapters/postgres/postgresRowReader.ts';
import { SourceDatabase } from '../../adapters/postgres/sourceDatabase.ts';
import { BanyanError } from '../../errors.ts';
import { diffTables } from '../../services/diffTables.ts';
import { type DiffArguments, type DiffCommand, parseDiffArguments } from './diffArguments.ts';
import { DiffProgressLine, jsonLine, summaryText, textLines } from './diffOutput.ts';

/** Exit code when something went wrong, or the comparison was stopped: nothing is known. */
const ERROR = 3;

/**
 * Compares one table on two PostgreSQL databases and prints the keys that differ; notes, progress and the summary go to
 * standard error.
 * @returns 0 equal, 1 differing keys, 2 only keys that did not settle, 3 if it was stopped
 * @throws BanyanError `bad_input` for arguments that are off, else of the databases
 */
export async function diffCommand(
  urlA: string,
  urlB: string,
  tables: string,
  options: DiffArguments,
  signal: AbortSignal,
): Promise<number> {
  const command = parseDiffArguments(urlA, urlB, tables, options);
  const { rowsPerSec } = command;
  // A role that may write is warned of: every session reads only.
  const [a, b] = [
    new SourceDatabase({ id: 'A', url: command.urls[0], rowsPerSec, allowWritable: true }),
    new SourceDatabase({ id: 'B', url: command.urls[1], rowsPerSec, allowWritable: true }),
  ];
  try {
    return await compare(command, a, b, signal);
  } catch (error) {
    throw error instanceof BanyanError ? onCommandLine(error) : error;
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
}

async function compare(
  { request, settleMs, format }: DiffCommand,
  a: SourceDatabase,
  b: SourceDatabase,
  signal: AbortSignal,
): Promise<number> {
  const { mapping, plan, notes, rowsEstimated } = await matchTables(a, b, request);
  for (const note of notes) process.stderr.write(`note: ${note}\n`);
  const now = () => performance.now();
  const line = new DiffProgressLine(process.stderr, now, rowsEstimated);
  const startedMs = now();
  const result = await diffTables({
    reader: new PostgresRowReader(mapping, a, b, {}, plan),
    clock: { nowMs: now },
    pause: (ms, stop) => sleep(ms, undefined, { signal: stop }).catch(() => undefined),
    settleMs,
    signal,
    onKey: async (key) => {
      line.clear();
      const lines = format === 'text' ? textLines(key) : [jsonLine(key, mapping, settleMs)];
      if (!process.stdout.write(`${lines.join('\n')}\n`)) await written(signal);
    },
    onProgress: (progress) => line.show(progress),
  }).finally(() => line.clear());
  process.stderr.write(`${summaryText(result, settleMs, now() - startedMs)}\n`);
  if (!result.complete) return ERROR;
  if (result.different > 0) return 1;
  return result.unsettled > 0 ? 2 : 0;
}

/** Waits until standard output takes more, or nobody reads it any more. */
async function written(signal: AbortSignal): Promise<void> {
  await once(process.stdout, 'drain', { signal }).catch(() => undefined);
}

/** The same error with a fix for somebody who has a command line and no configuration. */
function onCommandLine(error: BanyanError): BanyanError {
  const fix = error.fix
    ?.replaceAll('databases.A.url', 'the first address')
    .replaceAll('databases.B.url', 'the second address')
    .replaceAll("correct the table's columns in banyan.yaml", 'correct the arguments')
    .replaceAll('correct it in banyan.yaml', 'correct the argument');
  return new BanyanError(error.code, error.message, {
    cause: error,
    retriable: error.retriable,
    ...(fix === undefined ? {} : { fix }),
  });
}
