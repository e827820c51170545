// A program that runs a connector and waits; a test kills it. Its arguments: the command, and the folder of its PATH.
import { ProcessExecutor } from '../../src/executors/process.ts';
import { rows, running, users } from './running.ts';

const [command = '', script = '', path = ''] = process.argv.slice(2);
const executor = new ProcessExecutor('source-x', { command, args: [script], env: { PATH: path } });
const flow = executor.run({ command: 'read', config: {}, catalog: users, states: [] }, running());
for await (const items of flow) process.stdout.write(`${JSON.stringify(rows(items)[0])}\n`);
