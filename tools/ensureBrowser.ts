import { existsSync } from 'node:fs';
import { bin, run } from './run.ts';

const DEBIAN_CHROMIUM = '/usr/bin/chromium';

/** Sees to a Chromium for the browser tests: one that is named, the system's, Debian's package as root, or Playwright's. */
export async function ensureBrowser(): Promise<boolean> {
  const named = process.env.PLAYWRIGHT_CHROMIUM;
  if (named !== undefined) return existsSync(named);
  if (existsSync(DEBIAN_CHROMIUM)) return true;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('installing Chromium (apt-get)');
    await run('apt-get', ['update', '-q']);
    const options = ['-o', 'DPkg::Lock::Timeout=500', 'install', '-y', '-q', '--no-install-recommends'];
    if ((await run('apt-get', [...options, 'chromium'])) === 0) return true;
  }
  return (await run(bin('playwright'), ['install', 'chromium'])) === 0;
}
