#!/usr/bin/env node
import { runCommandLine } from './program.ts';

// What was written to a pipe is there when write returns; a timer or socket left open by a connector does not hold us.
process.exit(await runCommandLine(process.argv.slice(2)));
