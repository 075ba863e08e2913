/** Runs once when the web process starts: closes the store's connections at its end, and ends with its parent. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { closeWeb } = await import('./lib/runtime/web.ts');
  process.once('SIGTERM', () => void closeWeb());
  process.once('SIGINT', () => void closeWeb());
  // A parent that started web with a channel and then died leaves nothing behind.
  if (process.channel !== undefined) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}
