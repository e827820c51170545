import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mask, maskable, maskSecrets, secretValues, withoutSecrets } from '../src/secrets.ts';

const schema = {
  type: 'object',
  properties: {
    host: { type: 'string' },
    password: { type: 'string', airbyte_secret: true },
    tunnel: {
      oneOf: [
        { properties: { method: { const: 'none' } } },
        { properties: { method: { const: 'key' }, key: { type: 'string', airbyte_secret: true } } },
      ],
    },
    accounts: { type: 'array', items: { properties: { token: { airbyte_secret: true } } } },
  },
};
const config = {
  host: 'db',
  password: 'open "sesame"',
  tunnel: { method: 'key', key: '-----BEGIN KEY-----\nabcdefghijklmnopqrst\n-----END KEY-----' },
  accounts: [{ name: 'a', token: 'tok-1' }, { token: 12345678 }],
};

describe('secrets', () => {
  it('are found in nested objects, arrays and every branch of oneOf', () => {
    expect(secretValues(config, schema)).toEqual([config.password, config.tunnel.key, 'tok-1', 12345678]);
  });

  it('are found behind references, patterns and additional properties, also where schemas refer to themselves', () => {
    const deep = {
      $defs: { Creds: { properties: { token: { airbyte_secret: true }, next: { $ref: '#/$defs/Creds' } } } },
      properties: {
        direct: { $ref: '#/$defs/Creds' },
        all: { allOf: [{ $ref: '#/$defs/Creds' }] },
        headers: { additionalProperties: { airbyte_secret: true } },
        named: { patternProperties: { '^x-': { airbyte_secret: true } } },
      },
    };
    const values = {
      direct: { token: 'one1', next: { token: 'two2' } },
      all: { token: 'three' },
      headers: { any: 'four' },
      named: { 'x-key': 'five', other: 'open' },
    };
    expect(secretValues(values, deep)).toEqual(['one1', 'two2', 'three', 'four', 'five']);
  });

  it('are told by their name where the spec says nothing of them', () => {
    expect(secretValues({ api_key: 'k-123', region: 'eu', password: ['a', 'b'] }, {})).toEqual([
      'k-123',
      'a',
      'b',
    ]);
    expect(
      secretValues({ token_url: 'https://x' }, { properties: { token_url: { type: 'string' } } }),
    ).toEqual([]);
  });

  it('are left out of what names a connection, so that a rotated password changes nothing', () => {
    expect(withoutSecrets(config, schema)).toEqual({
      host: 'db',
      tunnel: { method: 'key' },
      accounts: [{ name: 'a' }, {}],
    });
  });

  it('are masked where a config is shown', () => {
    expect(maskSecrets(config, schema)).toMatchObject({
      host: 'db',
      password: '****',
      accounts: [{ token: '****' }, { token: '****' }],
    });
  });

  it('are masked in text as written, as JSON and as a URL spell them, and line by line', () => {
    const secrets = maskable(secretValues(config, schema));
    for (const text of [
      config.password,
      JSON.stringify(config.password),
      `postgres://me:${encodeURIComponent(config.password)}@db`,
      'key line abcdefghijklmnopqrst in a log',
      'id 12345678',
      JSON.stringify({ log: JSON.stringify({ password: config.password }) }),
    ]) {
      const shown = mask(text, secrets);
      expect(shown).toContain('****');
      expect(shown).not.toMatch(/sesame|abcdefgh|12345678/);
    }
  });

  it('that are shorter than four characters are left, or every number would be blanked', () => {
    expect(mask('1 of 12', maskable(['1', '12']))).toBe('1 of 12');
  });

  it('never survive masking, whatever they are and wherever they stand', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 4 }), { minLength: 1, maxLength: 5 }),
        fc.string(),
        (values, between) => {
          // A secret made of the mask itself is beyond help.
          fc.pre(values.every((value) => !'*'.repeat(99).includes(value)));
          const text = values.join(between.replaceAll('*', ''));
          const secrets = maskable(values);
          const shown = mask(text, secrets);
          const longest = secrets[0] ?? '';
          return !shown.includes(longest);
        },
      ),
    );
  });
});
