import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPlace } from './run-sluice.ts';

describe('a connector in a file', () => {
  it('gets the library from the command line, and what it prints by console.log stays out of the data', async () => {
    using place = openPlace();
    await writeFile(
      join(place.folder, 'people.ts'),
      `import { records } from 'sluice';
       console.log('loading');
       export default records('people', [{ name: 'Ada' }]);`,
    );
    const { exitCode, stdout, stderr } = await place.run(['read', './people.ts', '--json']);
    expect(stderr).toContain('loading');
    expect(stdout).toContain('{"name":"Ada"}');
    expect(stdout).not.toContain('loading');
    expect(exitCode).toBe(0);
  });

  it.each([
    ['sync', 'as it is loaded', 'process.exit(0);'],
    [
      'sync',
      'as it runs',
      "import { defineDestination } from 'sluice'; export default defineDestination({ name: 'destination-n' }, async () => process.exit(0));",
    ],
    ['check', 'with a code of its own', 'process.exit(7);'],
  ])('that ends the process is a failure of %s (%s)', async (command, _, code) => {
    using place = openPlace();
    await writeFile(join(place.folder, 'n.ts'), code);
    const args = command === 'sync' ? ['faker', './n.ts', '--source-config', '{"count":10}'] : ['./n.ts'];
    const { exitCode, stderr } = await place.run([command, ...args]);
    expect(stderr).toMatch(
      /^sluice: ended in the middle: the code of a connector has called process\.exit\([07]\)$/m,
    );
    expect(exitCode).toBe(1);
  });

  it.each(['read', 'serve'])('that waits for ever as it is loaded is a failure of %s', async (command) => {
    using place = openPlace();
    await writeFile(join(place.folder, 'never.ts'), 'await new Promise(() => {}); export default 1;');
    const { exitCode, stderr } = await place.run(
      [command, './never.ts', 'spec'].slice(0, command === 'serve' ? 3 : 2),
    );
    expect(stderr).toContain('sluice: ended in the middle: it waits for what never comes');
    expect(exitCode).toBe(1);
  });
});
