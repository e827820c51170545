import type { Command } from 'commander';
import type { BuildImageFlags } from '../actions/build-image.ts';
import type { Finish } from '../exit-codes.ts';
import { addOutputFlags } from './flags.ts';

export function addBuildImage(program: Command, finish: Finish): void {
  const command = program
    .command('build-image')
    .summary('build a Docker image of a connector in TypeScript')
    .description(
      'Builds an image of a connector in TypeScript that Airbyte, PyAirbyte and Sluice can run. It holds the file with all that it imports, the packages of those as they are installed here, and Sluice. Prints the name of the image.',
    )
    .argument('<connector>', './file.ts or ./file.ts#export')
    .option('--tag <image>', "its name, with a version or without: by default the connector's own")
    .option(
      '--base <image>',
      'the image that it is built upon, which has to hold Node (default: "node:22-slim")',
    )
    .option(
      '--platform <platform>',
      'what it is built for, such as linux/arm64: by default what the engine runs',
    )
    .option(
      '--include <path>',
      'a file or folder that the connector reads and does not import; repeatable',
      (path: string, paths: readonly string[] = []) => [...paths, path],
    );
  addOutputFlags(command, 'print it as JSON').action(async (connector: string, flags: BuildImageFlags) => {
    const { runBuildImage } = await import('../actions/build-image.ts');
    finish(await runBuildImage(connector, flags));
  });
}
