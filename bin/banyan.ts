#!/usr/bin/env node
import { runCli } from '../lib/runtime/cli.ts';

process.exitCode = await runCli(process.argv.slice(2));
