import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { builtInConfig, builtInVersion } from '../../src/connectors/built-in-config.ts';
import { ConfigInvalidError } from '../../src/errors.ts';

describe('built-in connectors', () => {
  it('bear the version of the package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(builtInVersion).toBe(version);
  });

  it('say all that is wrong with a config, each with its path', () => {
    const schema = z.object({ count: z.int().default(1), nested: z.object({ name: z.string() }) });
    expect(builtInConfig('source-x', schema, { nested: { name: 'a' } })).toEqual({
      count: 1,
      nested: { name: 'a' },
    });
    const refuse = () => builtInConfig('source-x', schema, { count: 'many', nested: {} });
    expect(refuse).toThrow(ConfigInvalidError);
    expect(refuse).toThrow(/^source-x: the config is not valid: count: .*; nested\.name: /);
  });
});
