import { parseDurationMs } from '../../configSchema.ts';
import { BanyanError } from '../../errors.ts';

/**
 * Milliseconds of an option's duration.
 * @param example what the fix shows, such as `15s`
 * @throws BanyanError bad_input
 */
export function durationOption(option: string, text: string, example: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined) return ms;
  throw new BanyanError('bad_input', `${option} ${text} is no duration`, { fix: `for example ${example}` });
}
