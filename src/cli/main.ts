#!/usr/bin/env node
import { Console } from 'node:console';
import { exitNow, tellOtherEnds } from './own-exit.ts';
import { runCommandLine } from './program.ts';

// stdout is for data: what a connector's file prints by console.log goes where its log goes.
globalThis.console = new Console(process.stderr);

tellOtherEnds();

// What was written to a pipe is there when write returns; a timer or socket left open by a connector does not hold us.
exitNow(await runCommandLine(process.argv.slice(2)).catch(showUnexpected));

async function showUnexpected(error: unknown): Promise<number> {
  const { renderError } = await import('./render-error.ts');
  const { plainPalette } = await import('./palette.ts');
  const verbose = process.argv.includes('--verbose');
  process.stderr.write(`${renderError(error, { palette: plainPalette, verbose })}\n`);
  return 1;
}
