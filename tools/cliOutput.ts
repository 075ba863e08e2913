import { vi } from 'vitest';
import { runCli } from '../lib/runtime/cli.ts';

/** Runs a command of `banyan` in this process: its exit code and what it printed to each stream. */
export async function cliOutput(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((line) => {
      out += `${line}\n`;
    }),
    vi.spyOn(console, 'error').mockImplementation((line) => {
      err += `${line}\n`;
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      err += String(text);
      return true;
    }),
  ];
  try {
    return { code: await runCli(args), out, err };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
