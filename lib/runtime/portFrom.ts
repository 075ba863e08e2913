import { BanyanError } from '../errors.ts';

/**
 * A port from the environment.
 * @throws BanyanError `bad_input` naming the variable.
 */
export function portFrom(variable: string, fallback: number): number {
  const text = process.env[variable];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new BanyanError('bad_input', `${variable}=${text} is no port`, {
    fix: `set ${variable} to a number up to 65535`,
  });
}
