// A program that runs a connector in a container and waits; a test kills it. Its arguments: the image, and whether to
// be gone at once by itself.
import { DockerExecutor } from '../../src/executors/docker.ts';
import { killAllNow } from '../../src/executors/kill-all.ts';
import { running, users } from './running.ts';

const [image = '', end] = process.argv.slice(2);
const executor = new DockerExecutor('source-orphan', { image });
const config = { behaviour: 'silent' };
const flow = executor.run({ command: 'read', config, catalog: users, states: [] }, running());
for await (const _items of flow) {
  if (end === 'at once') {
    killAllNow();
    process.exit(1);
  }
  process.stdout.write('reading\n');
}
