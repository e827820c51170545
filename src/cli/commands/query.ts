import { type Command, Option } from 'commander';
import type { QueryFlags } from '../actions/query.ts';
import { cacheHelp } from '../cache-help.ts';
import type { Finish } from '../exit-codes.ts';
import { addOutputFlags } from './flags.ts';

export function addQuery(program: Command, finish: Finish): void {
  const command = program
    .command('query')
    .summary('ask a cache by SQL')
    .description(
      'Runs an SQL statement on a cache, which it only reads: a table on a terminal, else a JSON object a line.',
    )
    .argument('<sql>', 'the statement: "select count(*) from users"')
    .option('--cache <cache>', cacheHelp)
    .addOption(new Option('--csv', 'print CSV with a header').conflicts('json'));
  addOutputFlags(command, 'print a JSON object a line, also on a terminal').action(
    async (statement: string, flags: QueryFlags) => {
      const { runQuery } = await import('../actions/query.ts');
      finish(await runQuery(statement, flags));
    },
  );
}
