import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFlags } from '../../src/cli/library-words.ts';

const src = join(import.meta.dirname, '..', '..', 'src');
const library = ['executors', 'connectors']
  .flatMap((part) => readdirSync(join(src, part), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').replaceAll('\\`', '`'))
  .join('\n');

describe('advice of the library', () => {
  it.each([
    ['Give it more by `docker: { memory }`', 'Give it more by --option docker.memory=AMOUNT'],
    [
      'Name the platform of this machine by `docker: { platform }`',
      'Name the platform of this machine by --option docker.platform=PLATFORM',
    ],
    [
      'Name one that there is by `docker: { platform: "linux/amd64" }`',
      'Name one that there is by --option docker.platform=linux/amd64',
    ],
    ['or a number: `docker: { user: "1000:1000" }`.', 'or a number: --option docker.user=1000:1000.'],
    ['or leave `pull: "never"` out.', 'or leave --option docker.pull=never out.'],
    [
      'Raise `timeouts: { installMs }` if the network is slow.',
      'Raise --option timeouts.installMs=MILLISECONDS if the network is slow.',
    ],
    ['is named by `include`', 'is named by --include'],
  ])('%j is written as flags on the command line', (text, told) => {
    expect(library).toContain(text);
    expect(inFlags(text, 'one', text)).toBe(told);
  });

  it('on how a container is run is never left as TypeScript', () => {
    const advice = library.match(/`(?:docker|timeouts): \{[^`]*\}`/g)?.filter((text) => !text.includes("'"));
    expect(advice?.length).toBeGreaterThan(5);
    for (const text of advice ?? []) expect(inFlags(text, 'one', text)).toMatch(/^--option [\w.]+=\S+$/);
  });

  it('names the end that it is about', () => {
    const advice = 'Give it more by `docker: { memory }`';
    expect(inFlags(advice, 'two', 'destination-x: write failed')).toContain(
      '--destination-option docker.memory=AMOUNT',
    );
  });
});
