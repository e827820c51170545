import { describe, expect, it } from 'vitest';
import { defineDestination } from '../../../src/connectors/authoring/define-destination.ts';
import { defineSource } from '../../../src/connectors/authoring/define-source.ts';
import { checkpoint } from '../../../src/connectors/authoring/stream-position.ts';
import { records } from '../../../src/connectors/records.ts';
import { getSource } from '../../../src/connectors/source.ts';
import { gathered, thrownBy } from '../answering.ts';

/** Calls what its types would not let pass. */
function call(make: unknown, ...given: readonly unknown[]): unknown {
  return typeof make === 'function' ? make(...given) : undefined;
}

describe('a definition', () => {
  const read = () => [];
  it.each<readonly [string, unknown, readonly unknown[]]>([
    ['did you mean "primaryKey"?', records, ['a', [], { primarykey: 'id' }]],
    [
      'defineDestination "d": unknown option "batchsize"',
      defineDestination,
      [{ name: 'd', batchsize: 5 }, read],
    ],
    [
      '"batchSize" is not right: must be a whole number',
      defineDestination,
      [{ name: 'd', batchSize: 0 }, read],
    ],
    ['defineDestination "d": the option "write"', defineDestination, [{ name: 'd' }]],
    ['defineSource "s": the option "streams"', defineSource, [{ name: 's' }]],
    ['stream "a": the option "read"', defineSource, [{ name: 's', streams: [{ name: 'a' }] }]],
    [
      'stream "a": unknown option "primarykey"; did you mean "primaryKey"?',
      defineSource,
      [{ name: 's', streams: [{ name: 'a', primarykey: 'id', read }] }],
    ],
  ])('that is not right is refused at once: %s', async (message, make, given) => {
    expect(await thrownBy(async () => call(make, ...given))).toMatchObject({
      code: 'input_invalid',
      message: expect.stringContaining(message),
    });
  });

  it.each<readonly [string, unknown]>([
    ['returned nothing to iterate', () => {}],
    ['gave undefined, which is no row', () => [undefined]],
    ['gave a checkpoint', () => [checkpoint(1)]],
  ])('whose stream cannot be read says so: %s', async (message, reading) => {
    const program = call(defineSource, { name: 's', streams: [{ name: 'a', read: reading }] });
    const source = call(getSource, program) as ReturnType<typeof getSource>;
    expect(await thrownBy(() => gathered(source.getRecords('a')))).toMatchObject({
      message: expect.stringContaining(message),
    });
  });
});

describe('the first rows of records', () => {
  it('that hold themselves are told by their number', async () => {
    const row: Record<string, unknown> = { id: 1 };
    row['self'] = row;
    expect(await thrownBy(() => records('a', [{ id: 0 }, row]).discover())).toMatchObject({
      message: expect.stringContaining('records "a": row 2 has an object that holds itself in "self"'),
    });
  });

  it('that cannot be read are what is said to have failed', async () => {
    async function* failing() {
      yield { id: 1 };
      throw new Error('no network');
    }
    expect(await thrownBy(() => records('a', failing()).discover())).toMatchObject({
      message: expect.stringContaining('records "a": reading the first rows failed: no network'),
    });
  });
});
