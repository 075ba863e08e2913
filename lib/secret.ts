import { inspect } from 'node:util';
import { BanyanError } from './errors.ts';

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Replaces `${NAME}` by the variable's value; names what is not set instead of guessing. */
export function interpolate(template: string, env: Env): { text: string; missing: string[] } {
  const missing: string[] = [];
  const text = template.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_whole, name: string) => {
    const value = env[name];
    if (value === undefined || value === '') missing.push(name);
    return value ?? '';
  });
  return { text, missing };
}

/** A value that never prints itself; read by `reveal` in the one role that uses it. */
export class Secret {
  readonly #template: string;

  constructor(template: string) {
    this.#template = template;
  }

  /**
   * The value, its `${NAME}` taken from the environment now.
   * @throws BanyanError `bad_config` naming the variables that are not set.
   */
  reveal(env: Env = process.env): string {
    const { text, missing } = interpolate(this.#template, env);
    if (missing.length > 0) {
      throw new BanyanError('bad_config', `the environment variable ${missing.join(', ')} is not set`, {
        fix: `export ${missing.join(', ')} for the process that needs it`,
      });
    }
    return text;
  }

  /** Names of the environment variables that the value is made of. */
  variables(): string[] {
    return [...this.#template.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)].map((match) => match[1] ?? '');
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}
