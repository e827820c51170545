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
});
