import { fetchSelfTest, type SelfTestAnswer, startSelfTest } from '../../adapters/banyan/fetchSelfTests.ts';
import { BanyanError } from '../../errors.ts';
import { sleep, systemClock } from '../clocks.ts';
import { durationOption } from './durationOption.ts';

const MISSED = 1;
const NOT_KNOWN = 2;
const POLL_MS = 500;

export interface SelfTestOptions {
  readonly url: string;
  readonly rounds: string;
  readonly timeout: string;
  readonly json?: boolean;
}

/**
 * Has the worker carry out rounds of the self-test, one after the other, and prints what each measured.
 * @returns 0 if every canary was found, 1 if one was missed, 2 if a round did not come to its end in time or measured
 *   nothing
 * @throws BanyanError `bad_input` for arguments that are off or refused, `conflict` while another round is open,
 *   `unavailable` if Banyan does not answer
 */
export async function selfTestCommand(context: string, options: SelfTestOptions): Promise<number> {
  const { url, json } = options;
  if (!URL.canParse(url)) throw new BanyanError('bad_input', `--url ${url} is no address`);
  const wanted = Number(options.rounds);
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new BanyanError('bad_input', `--rounds ${options.rounds} is no number of rounds`, { fix: 'for example 3' });
  }
  const patienceMs = durationOption('--timeout', options.timeout, '30min');
  const rounds: SelfTestAnswer[] = [];
  for (let nth = 1; nth <= wanted; nth++) {
    const round = await untilEnded(url, context, await startSelfTest(url, context), patienceMs);
    rounds.push(round);
    if (json !== true) console.log(linesOf(round, nth, wanted).join('\n'));
    if (!hasEnded(round)) break;
  }
  const code = exitOf(rounds);
  if (json === true) console.log(JSON.stringify({ exit: code, context, rounds }, null, 2));
  return code;
}

const hasEnded = ({ state }: SelfTestAnswer) => state === 'measured' || state === 'failed';

async function untilEnded(url: string, context: string, id: string, patienceMs: number): Promise<SelfTestAnswer> {
  const sinceMs = systemClock.nowMs();
  for (;;) {
    const round = await fetchSelfTest(url, context, id);
    if (round === undefined) throw new BanyanError('not_found', `Banyan knows no round ${id} of ${context} any more`);
    if (hasEnded(round) || systemClock.nowMs() - sinceMs >= patienceMs) return round;
    await sleep(POLL_MS);
  }
}

function linesOf(round: SelfTestAnswer, nth: number, of: number): readonly string[] {
  return [
    `${of === 1 ? '' : `round ${nth} of ${of}: `}${round.sentence}`,
    ...(round.fix === null ? [] : [`  fix: ${round.fix}`]),
    ...round.canaries.map(({ key, change, found }) => {
      const what = `${change.replace('_', ' ')} ${key}`;
      return found === null
        ? `  not found  ${what}`
        : `  found      ${what}: ${found.kind}, leg ${found.leg}, after ${(found.afterMs / 1000).toFixed(1)} s`;
    }),
    ...round.others.map((key) => `  also named ${key}: a false alarm, unless something else is wrong`),
  ];
}

function exitOf(rounds: readonly SelfTestAnswer[]): number {
  if (rounds.some(({ state, tally }) => state === 'measured' && tally.missed > 0)) return MISSED;
  return rounds.every(({ state }) => state === 'measured') ? 0 : NOT_KNOWN;
}
