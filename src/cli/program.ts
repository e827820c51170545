import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addBenchmark } from './commands/benchmark.ts';
import { addBuildImage } from './commands/build-image.ts';
import { addCache } from './commands/cache.ts';
import { addCheck } from './commands/check.ts';
import { addConnectors } from './commands/connectors.ts';
import { addDiscover } from './commands/discover.ts';
import { addInstall } from './commands/install.ts';
import { addQuery } from './commands/query.ts';
import { addRead } from './commands/read.ts';
import { addServe } from './commands/serve.ts';
import { addSmokeTest } from './commands/smoke-test.ts';
import { addSpec } from './commands/spec.ts';
import { addState } from './commands/state.ts';
import { addSync } from './commands/sync.ts';
import { exitCodes, type Finish } from './exit-codes.ts';

/** Runs a command line and answers the exit code. The library is loaded only by the command that is run. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = buildProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.ok;
    if (args.includes('--json')) writeUsageError(error);
    return exitCodes.usage;
  }
}

/** The whole command line: every command, flag and help text. */
export function buildProgram(finish: Finish): Command {
  const program = new Command('sluice')
    .description('Runs data connectors: any Airbyte-protocol source to any destination.')
    .version(ownVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({ outputError: (text, write) => write(usageError(text)) })
    .configureHelp({
      styleTitle: (title) => `\u001b[1m${title}\u001b[22m`,
      subcommandTerm: nameAndArguments,
    });
  addSync(program, finish);
  addCheck(program, finish);
  addSpec(program, finish);
  addDiscover(program, finish);
  addConnectors(program, finish);
  addInstall(program, finish);
  addRead(program, finish);
  addQuery(program, finish);
  addCache(program, finish);
  addState(program, finish);
  addBenchmark(program, finish);
  addSmokeTest(program, finish);
  addServe(program, finish);
  addBuildImage(program, finish);
  program.addHelpText('after', connectorHelp);
  return program;
}

function nameAndArguments(command: Command): string {
  const names = command.registeredArguments.map((argument) => argument.name());
  return [command.name(), ...names.map((name) => `<${name}>`)].join(' ');
}

const connectorHelp = `
A connector is one of:
  source-faker                       a name: built in, installed, or known to the registry
  ./my-source                        a program that speaks the Airbyte protocol
  pip:airbyte-source-faker==7.2.1    a Python package, installed in an environment of its own
  npm:@acme/source-shop@1.2.0        an npm package that exports a connector
  docker:airbyte/source-faker:7.2.1  a Docker image
  ./my-source.ts#shop                an export of a TypeScript or JavaScript file`;

function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const isManifest = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isManifest ? String(manifest.version) : 'unknown';
}

/** Commander's complaint in the form of all our errors: `sluice: …`, and what was perhaps meant on the next line. */
function usageError(text: string): string {
  const { message, guidance } = complaintIn(text);
  return `sluice: ${message}\n${guidance}\n`;
}

/** The same for machines. */
function writeUsageError({ message }: CommanderError): void {
  process.stdout.write(`${JSON.stringify({ error: { code: 'input_invalid', ...complaintIn(message) } })}\n`);
}

function complaintIn(text: string): { readonly message: string; readonly guidance: string } {
  const [, message = text, hint] = /^error: (.*?)\s*(?:\n?\((Did you mean .*)\))?\s*$/s.exec(text) ?? [];
  return { message: message.trim(), guidance: hint ?? 'Add --help to see what there is.' };
}
