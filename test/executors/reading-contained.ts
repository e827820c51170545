// A program that reads a container and prints what it sees; a test runs it where the engine does not see its files. Its
// argument: the image.
import { DockerExecutor } from '../../src/executors/docker.ts';
import { all, rows, running, users } from './running.ts';

const [image = ''] = process.argv.slice(2);
await using executor = new DockerExecutor('source-seen', { image });
const run = running();
const items = await all(executor.run({ command: 'read', config: {}, catalog: users, states: [] }, run));
process.stdout.write(JSON.stringify({ rows: rows(items), told: run.entries.map(({ message }) => message) }));
