#!/usr/bin/env node
import { launch } from './launch.js';

launch(['bin/banyan.ts', ...process.argv.slice(2)]);
