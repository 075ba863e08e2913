import { type Env, Secret } from '../secret.ts';

/** The environment without any variable that the settings take a secret from, wherever in them it stands. */
export function withoutSecrets(env: Env, settings: unknown): Env {
  const hidden = new Set(secretsIn(settings).flatMap((secret) => secret.variables()));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !hidden.has(name)));
}

function secretsIn(value: unknown): readonly Secret[] {
  if (value instanceof Secret) return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsIn) : [];
}
