import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Binds a process, its threads and the children that it has to one processor (from 0 on); those that it starts later
 * follow. False where the system can't (taskset of Linux).
 */
export function bindToProcessor(pid: number, processor: number): boolean {
  const bind = (each: string) =>
    spawnSync('taskset', ['-a', '-c', '-p', String(processor), each], { stdio: 'ignore' }).status === 0;
  // Before its children are looked for: one that starts meanwhile follows it.
  if (!bind(String(pid))) return false;
  const children = `/proc/${pid}/task/${pid}/children`;
  const found = existsSync(children) ? readFileSync(children, 'utf8').split(' ').filter(Boolean) : [];
  return found.every((each) => bind(each) || !existsSync(`/proc/${each}`));
}

/**
 * Gives the main thread of a process the largest share of its processor that Linux has, so that what it measures is
 * hardly its own wait. False where that is not allowed.
 */
export function putFirst(pid: number): boolean {
  try {
    setPriority(pid, constants.priority.PRIORITY_HIGHEST);
    return true;
  } catch {
    return false;
  }
}
