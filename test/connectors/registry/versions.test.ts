import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakingBetween } from '../../../src/connectors/registry/metadata.ts';
import { compareVersions, isVersion } from '../../../src/connectors/registry/versions.ts';

/** From the oldest to the newest. */
const versions = [
  '0.3.1.dev5',
  '0.3.1',
  '0.9',
  '0.10.0',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0',
  '1.2.0rc1',
  'v1.2',
  '1.2.1',
  '1.10.0',
  '2.0.0-rc.1',
  '2',
];

describe('versions', () => {
  it('are ordered by their numbers, and candidates come before what they are candidates for', () => {
    for (const [i, one] of versions.entries())
      for (const [j, other] of versions.entries())
        expect([one, other, Math.sign(compareVersions(one, other))]).toEqual([one, other, Math.sign(i - j)]);
  });

  it('are the same however they are spelt', () => {
    for (const [one, other] of [
      ['1.0', '1.0.0'],
      ['v1.2.0', '1.2'],
      ['1.2.0rc1', '1.2.0-rc.1'],
      ['1.0.0+a', '1.0.0+b'],
    ] as const)
      expect(compareVersions(one, other)).toBe(0);
  });

  it('have one order, whatever is compared', () => {
    const version = fc
      .tuple(
        fc.array(fc.nat(12), { minLength: 1, maxLength: 3 }),
        fc.constantFrom('', '-rc.1', '-beta', '.dev3'),
      )
      .map(([numbers, before]) => `${numbers.join('.')}${before}`);
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('are told from tags that say none', () => {
    expect(['1.2.0', 'v1', '1.2.0-rc.1', '1.0rc1'].every(isVersion)).toBe(true);
    expect(['latest', 'dev', '', 'sha256:0123'].some(isVersion)).toBe(false);
  });
});

describe('breaking changes', () => {
  const changes = ['1.0.0', '2.0.0', '2.1.0', '3.0.0'].map((version) => ({ version, message: version }));

  it('lie above the installed version and up to the wanted one', () => {
    const between = (from: string, to: string) =>
      breakingBetween(changes, from, to).map((one) => one.version);
    expect(between('1.0.0', '2.1.0')).toEqual(['2.0.0', '2.1.0']);
    expect(between('2.0.0-rc.1', '2.0.0')).toEqual(['2.0.0']);
    expect(between('0.1', '9')).toEqual(['1.0.0', '2.0.0', '2.1.0', '3.0.0']);
    expect(between('3.0.0', '3.4')).toEqual([]);
    expect(between('3.0.0', '1.0.0')).toEqual([]);
  });
});
