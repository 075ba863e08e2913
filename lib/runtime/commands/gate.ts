import { fetchGate, type GateAnswer } from '../../adapters/gate/fetchGate.ts';
import { gateOutcome } from '../../core/verdict/gate.ts';
import { BanyanError } from '../../errors.ts';
import { durationOption } from './durationOption.ts';

const ASK_TIMEOUT_MS = 10_000;
/** Exit code when the time is up: the gate fails closed. */
const TIMED_OUT = 3;

export interface GateOptions {
  readonly url: string;
  readonly json?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
  readonly poll: string;
  readonly onInconclusive: string;
}

/**
 * Prints the verdict of a gate and returns its exit code. With `--wait` (or `--on-inconclusive wait`) it asks again
 * until the verdict is pass, waived or fail; Banyan being away meanwhile is no answer, and the time-out exits 3.
 * @throws BanyanError `bad_input` for arguments that are off, `unavailable` if Banyan does not answer.
 */
export async function gateCommand(gate: string, options: GateOptions): Promise<number> {
  if (!/^[^/]+\/[^/]+$/.test(gate)) {
    throw new BanyanError('bad_input', `"${gate}" is no gate`, { fix: 'write <context>/<stage>' });
  }
  if (options.onInconclusive !== 'fail' && options.onInconclusive !== 'wait') {
    throw new BanyanError('bad_input', `--on-inconclusive ${options.onInconclusive}: it is fail or wait`);
  }
  if (!URL.canParse(options.url)) throw new BanyanError('bad_input', `--url ${options.url} is no address`);
  const waits = options.wait === true || options.onInconclusive === 'wait';
  const pollMs = durationOption('--poll', options.poll, '15s');
  const giveUpAt = performance.now() + durationOption('--timeout', options.timeout, '15min');

  for (;;) {
    const answer = await ask(gate, options.url, waits);
    const code = answer === null ? TIMED_OUT : gateOutcome(answer.verdict).cliExit;
    const leftMs = giveUpAt - performance.now();
    if (answer !== null && (!waits || code < 2)) return print(gate, answer, options, code);
    if (leftMs <= 0) {
      console.error(`banyan: ${gate} was not decided within ${options.timeout}`);
      return answer === null ? TIMED_OUT : print(gate, answer, options, TIMED_OUT);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(pollMs, Math.max(leftMs, 0))));
  }
}

async function ask(gate: string, url: string, waits: boolean): Promise<GateAnswer | null> {
  try {
    return await fetchGate(url, gate, ASK_TIMEOUT_MS);
  } catch (error) {
    if (!waits || !(error instanceof BanyanError) || !error.retriable) throw error;
    console.error(`banyan: ${error.message}; asking again`);
    return null;
  }
}

function print(gate: string, answer: GateAnswer, options: GateOptions, code: number): number {
  if (options.json === true) console.log(JSON.stringify(answer.body, null, 2));
  else {
    console.log(`${gate}: ${answer.verdict}\n${answer.reason}`);
    // The reason is that of one criterion.
    if (answer.failed.length > 1) for (const line of answer.failed) console.log(`  ${line}`);
  }
  if (answer.verdict === 'waived') console.error(`banyan: ${gate} passes by a waiver: ${answer.reason}`);
  return code;
}
