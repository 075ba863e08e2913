#!/usr/bin/env node
import { runCli } from '../lib/runtime/cli.ts';

const code = await runCli(process.argv.slice(2));
process.exitCode = code;
// What a failed start left open must not keep the process alive; what was printed is written out first. A worker that
// runs has code 0 and stays.
if (code !== 0) process.stdout.write('', () => process.exit(code));
