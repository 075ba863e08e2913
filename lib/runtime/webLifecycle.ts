import { closeWeb } from './web.ts';

/** Closes the store's connections when web is told to stop, and stops it when the process that supervises it is gone. */
export function endWithParent(): void {
  process.once('SIGTERM', () => void closeWeb());
  process.once('SIGINT', () => void closeWeb());
  const stop = () => process.kill(process.pid, 'SIGTERM');
  // False, not undefined: there was a parent, and it went before web could listen.
  if (process.connected === false) stop();
  else process.once('disconnect', stop);
}
