// A program that installs a connector and says its version. Its arguments: name, requirement, installation folder.
import { PythonExecutor } from '../../src/executors/python.ts';

const [name = '', pipUrl = '', installRoot = ''] = process.argv.slice(2);
const executor = new PythonExecutor(name, { pipUrl, installRoot });
await executor.prepare();
process.stdout.write(String(await executor.version()));
