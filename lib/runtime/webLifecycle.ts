import { closeWeb } from './web.ts';

/** Closes the store's connections when web is told to stop, and stops it when a parent that holds a channel dies. */
export function endWithParent(): void {
  process.once('SIGTERM', () => void closeWeb());
  process.once('SIGINT', () => void closeWeb());
  if (process.channel !== undefined) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}
