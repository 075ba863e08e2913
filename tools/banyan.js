#!/usr/bin/env node
import { launch } from './launch.js';

await launch(['bin/banyan.ts', ...process.argv.slice(2)]);
