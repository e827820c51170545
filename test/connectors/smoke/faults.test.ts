import { describe, expect, it } from 'vitest';
import { defineDestination } from '../../../src/connectors/authoring/define-destination.ts';
import { getDestination } from '../../../src/connectors/destination.ts';
import { smokeTest } from '../../../src/connectors/smoke/smoke-test.ts';
import { LosslessNumber } from '../../../src/protocol/lossless-json.ts';
import type { Row } from '../../../src/protocol/messages.ts';
import { inNewHome } from '../../fixtures/new-home.ts';
import { type Fault, memoryDestination } from './memory-destination.ts';

inNewHome({ for: 'all' });

const changed = (change: (value: unknown, field: string) => unknown) => (row: Row) => [
  Object.fromEntries(Object.entries(row).map(([field, value]) => [field, change(value, field)])),
];
const isExact = (value: unknown) => typeof value === 'bigint' || value instanceof LosslessNumber;
const deep = (value: unknown): unknown => {
  if (isExact(value)) return Number(String(value));
  if (Array.isArray(value)) return value.map(deep);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deep(inner)]));
};
const inText = (change: (text: string) => string) =>
  changed((value) => (typeof value === 'string' ? change(value) : value));

/** Takes each row for one that is there already, if another has the same values. */
function distinct(): NonNullable<Fault['keeps']> {
  const seen = new Set<string>();
  return (row) => {
    const isNew = !seen.has(JSON.stringify(row));
    seen.add(JSON.stringify(row));
    return isNew ? [row] : [];
  };
}

/** What a destination does wrong, and the scenarios that must notice. */
const faults: readonly (readonly [what: string, fault: Fault, noticed: readonly string[]])[] = [
  [
    'loses every third record',
    { keeps: (row, index) => (index % 3 === 2 ? [] : [row]) },
    ['basics', 'append'],
  ],
  [
    'keeps a record twice',
    { keeps: (row, index) => (index === 1 ? [row, row] : [row]) },
    ['basics', 'texts'],
  ],
  [
    'reads numbers as doubles',
    { keeps: changed(deep) },
    ['integers', 'integers_beyond_64_bits', 'decimals', 'numbers_beyond_doubles', 'arrays', 'objects'],
  ],
  [
    'keeps 32 bits of an integer',
    { keeps: changed((value) => (Number.isInteger(value) ? Number(value) | 0 : value)) },
    ['integers'],
  ],
  [
    'drops a column',
    {
      keeps: ({ a_time: _, ...row }) => [row],
    },
    ['basics', 'nulls'],
  ],
  [
    'drops columns whose names it does not like',
    {
      keeps: (row) => [Object.fromEntries(Object.entries(row).filter(([name]) => /^[a-z_0-9]*$/.test(name)))],
    },
    ['column_names', 'column_names_by_case', 'column_names_alike'],
  ],
  [
    'takes empty texts for null',
    { keeps: changed((value) => (value === '' ? null : value)) },
    ['texts', 'required_fields', 'binary'],
  ],
  ['takes null for an empty text', { keeps: changed((value) => value ?? '') }, ['nulls', 'booleans']],
  ['trims texts', { keeps: inText((text) => text.trim()) }, ['texts', 'unicode']],
  ['cuts long texts', { keeps: inText((text) => text.slice(0, 65_535)) }, ['long_texts', 'large_rows']],
  ['leaves out U+0000', { keeps: inText((text) => text.replaceAll('\0', '')) }, ['nul_characters']],
  ['composes letters', { keeps: inText((text) => text.normalize('NFC')) }, ['unicode']],
  [
    'replaces lone surrogates',
    { keeps: inText((text) => Buffer.from(text).toString()) },
    ['lone_surrogates'],
  ],
  [
    'keeps milliseconds only',
    { keeps: inText((text) => text.replace(/^(.*:\d\d\.\d{3})\d+/, '$1')) },
    ['timestamps_with_offset', 'timestamps_without_offset', 'times_of_day', 'nanoseconds'],
  ],
  [
    'drops offsets',
    { keeps: inText((text) => text.replace(/(:\d\d(\.\d+)?)([+-]\d\d:\d\d)$/, '$1')) },
    ['timestamps_with_offset', 'times_of_day'],
  ],
  [
    'flattens arrays',
    { keeps: changed((value) => (Array.isArray(value) ? value.flat() : value)) },
    ['arrays', 'deep_nesting'],
  ],
  ['does not tell namespaces apart', { place: ({ name }) => name }, ['namespaces']],
  [
    'does not tell stream names apart by case',
    { place: ({ name, namespace }) => `${namespace}.${name}`.toLowerCase() },
    ['stream_names_by_case'],
  ],
  [
    'cuts names of streams',
    { place: ({ name, namespace }) => `${namespace}.${name.slice(0, 63)}` },
    ['stream_names'],
  ],
  ['never replaces', { mode: ({ mode }) => (mode === 'overwrite' ? 'append' : mode) }, ['replace']],
  ['keeps rows that are alike once', { keeps: distinct() }, ['append']],
  ['replaces before all has come', { isHasty: true }, ['replace_after_failure']],
  [
    'never merges',
    { mode: ({ mode }) => (mode === 'append_dedup' ? 'append' : mode) },
    ['updates', 'late_updates', 'composite_keys', 'nested_keys', 'null_keys', 'merge_after_failure'],
  ],
  ['merges without looking at the cursor', { cursor: 'none' }, ['late_updates']],
  ['merges keys that differ by case', { keyOf: (key) => key.toLowerCase() }, ['keys_that_differ_little']],
  ['merges by the first column of a key', { keyOf: (key) => key.split(',')[0] ?? '' }, ['composite_keys']],
];

describe('a smoke test fails for a destination that', () => {
  it.each(faults)('%s', async (_, fault, noticed) => {
    const report = await smokeTest(getDestination(memoryDestination(fault)), { scenarios: noticed });
    const failed = report.scenarios.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);
    expect(failed.toSorted()).toEqual(noticed.toSorted());
    expect(report.success).toBe(false);
    for (const scenario of report.scenarios) {
      if (scenario.outcome !== 'failed') continue;
      expect(scenario.reason).toMatch(/^\d+ rows? (is|are) not as sent$/);
      expect(scenario.differences.length).toBeGreaterThan(0);
    }
  });
});

describe('a smoke test', () => {
  it('passes for a destination that does all of it right, exactly', async () => {
    const report = await smokeTest(getDestination(memoryDestination()), { strict: true });
    expect(report.scenarios.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(report).toMatchObject({ success: true, readBackFrom: 'destination-memory' });
  });

  it('fails, and tries nothing else, where not even plain rows arrive', async () => {
    const broken = defineDestination({ name: 'destination-broken' }, () => {
      throw new Error('no room');
    });
    const report = await smokeTest(getDestination(broken));
    const [basics, ...others] = report.scenarios;
    expect(basics).toMatchObject({ outcome: 'failed', error: { code: 'connector_failed' } });
    expect(basics?.reason).toContain('no room');
    expect(new Set(others.map(({ outcome }) => outcome))).toEqual(new Set(['skipped']));
    expect(report).toMatchObject({ success: false, readBackFrom: null });
  });

  it('goes on behind a scenario that the destination could not take', async () => {
    const picky = defineDestination({ name: 'destination-picky' }, (rows) => {
      if (rows.some((row) => typeof row['value'] === 'bigint')) throw new Error('too large');
    });
    const scenarios = ['basics', 'integers', 'dates'];
    const report = await smokeTest(getDestination(picky), { scenarios });
    expect(report.scenarios.map(({ outcome }) => outcome)).toEqual(['delivered', 'failed', 'delivered']);
  });

  it('notes other spellings without failing, and fails for them when strict', async () => {
    const respelling = memoryDestination({ keeps: (row) => [JSON.parse(JSON.stringify(row))] });
    const destination = getDestination(respelling);
    const scenarios = ['number_spellings'];
    const lenient = await smokeTest(destination, { scenarios });
    expect(lenient.scenarios[0]).toMatchObject({ outcome: 'passed', differenceCount: 12 });
    expect(new Set(lenient.scenarios[0]?.differences.map(({ kind }) => kind))).toEqual(
      new Set(['respelled']),
    );
    expect((await smokeTest(destination, { scenarios, strict: true })).success).toBe(false);
  });

  it('says plainly that nothing was compared where a destination cannot say what it has', async () => {
    const forgetful = defineDestination({ name: 'destination-forgetful' }, () => {});
    const report = await smokeTest(getDestination(forgetful), { scenarios: ['basics', 'updates'] });
    expect(report).toMatchObject({ success: true, readBackFrom: null });
    expect(report.outcomes).toMatchObject({ delivered: 2, passed: 0 });
  });

  it('fails where reading back fails', async () => {
    const program = memoryDestination();
    const report = await smokeTest(
      getDestination({
        ...program,
        readBack: () => {
          throw new Error('the table is locked');
        },
      }),
      { scenarios: ['dates'] },
    );
    expect(report.scenarios[0]).toMatchObject({
      outcome: 'failed',
      reason: 'could not be read back: the table is locked',
    });
  });
});
