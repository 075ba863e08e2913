import { messageOf } from './log.ts';

/** A required environment variable. */
export function env(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`the environment variable ${name} is not set`);
  return value;
}

/**
 * Runs a service: starts it, and stops its parts in order on SIGTERM, or when the process that started it is gone.
 * @param start returns the parts to stop.
 */
export async function runService(name: string, start: () => Promise<readonly (() => Promise<void>)[]>): Promise<void> {
  let parts: readonly (() => Promise<void>)[] = [];
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), 4_500).unref();
    for (const part of parts) await part().catch((error) => console.error(`${name}: ${messageOf(error)}`));
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  process.on('disconnect', () => void stop());
  parts = await start();
  console.log(`${new Date().toISOString()} ${name}: ready`);
}
