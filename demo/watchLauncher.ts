const LOOK_EVERY_MS = 1_000;

/**
 * Calls back once if the launcher that started this process is gone without a word (kill -9): the system then gives the
 * process another parent. Started by hand, without the launcher, there is nobody to watch.
 */
export function watchLauncher(onGone: () => void): void {
  const launcher = Number(process.env.BANYAN_LAUNCHER_PID);
  if (!Number.isInteger(launcher) || process.ppid !== launcher) return;
  const timer = setInterval(() => {
    if (process.ppid === launcher) return;
    clearInterval(timer);
    onGone();
  }, LOOK_EVERY_MS);
  timer.unref();
}
