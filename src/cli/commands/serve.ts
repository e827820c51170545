import type { Command } from 'commander';
import type { Finish } from '../exit-codes.ts';

export function addServe(program: Command, finish: Finish): void {
  program
    .command('serve')
    .summary('run a connector in TypeScript as a program that speaks the Airbyte protocol')
    .description(
      'Makes an export of a TypeScript or JavaScript file a program: spec, check, discover, read or write, as the Airbyte protocol has them, so that any runner of connectors can run it.',
    )
    .argument('<connector>', './file.ts, ./file.ts#export, or the name of a built-in connector')
    .argument('[arguments...]', 'the command and its flags: read --config FILE --catalog FILE')
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (connector: string, args: readonly string[]) => {
      const { runServe } = await import('../actions/serve.ts');
      finish(await runServe(connector, args));
    });
}
