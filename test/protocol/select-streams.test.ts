import { describe, expect, it } from 'vitest';
import { InputError, StreamUnknownError } from '../../src/errors.ts';
import { streamLabel } from '../../src/protocol/catalog.ts';
import { refuseTwins, selectStreams } from '../../src/protocol/select-streams.ts';

const stream = (name: string, namespace?: string) => ({ name, namespace, json_schema: {} });
const catalog = {
  streams: [
    stream('users', 'crm'),
    stream('users', 'shop'),
    stream('orders', 'shop'),
    stream('a.b'),
    stream('log'),
  ],
};
const select = (selection: Parameters<typeof selectStreams>[1]) =>
  selectStreams(catalog, selection, 'source-x').map(streamLabel);

describe('a selection of streams', () => {
  it('means all where there is none, and by "*"', () => {
    expect(select(undefined)).toHaveLength(5);
    expect(select('*')).toHaveLength(5);
    expect(select(['*'])).toHaveLength(5);
  });

  it('names streams by label, and by bare name where only one bears it', () => {
    expect(select('crm.users')).toEqual(['crm.users']);
    expect(select('orders')).toEqual(['shop.orders']);
    expect(select(['a.b', 'log'])).toEqual(['a\\.b', 'log']);
    expect(select('a\\.b')).toEqual(['a\\.b']);
  });

  it('keeps the order of the catalog, and each stream once', () => {
    expect(select(['log', 'orders', 'shop.orders'])).toEqual(['shop.orders', 'log']);
  });

  it('prefers the stream without a namespace, whose label the bare name is', () => {
    const both = { streams: [stream('users', 'crm'), stream('users')] };
    expect(selectStreams(both, 'users', 'source-x').map(streamLabel)).toEqual(['users']);
  });

  it('refuses a bare name that several streams bear, naming them', () => {
    expect(() => select('users')).toThrow(/2 streams named "users": crm.users, shop.users/);
    expect(() => select('users')).toThrow(InputError);
  });

  it('refuses a name that no stream bears, with the nearest and all others', () => {
    try {
      select('oders');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(StreamUnknownError);
      expect(error).toMatchObject({
        message: 'source-x has no stream "oders"; did you mean "orders"?',
        guidance: 'Its streams: crm.users, shop.users, shop.orders, a\\.b, log.',
        context: { stream: 'oders' },
      });
    }
  });

  it('refuses an empty one, and a source without streams', () => {
    expect(() => select([])).toThrow(/selection of streams is empty/);
    expect(() => selectStreams({ streams: [] }, undefined, 'source-x')).toThrow(/has no streams/);
  });
});

describe('a catalog', () => {
  it('that names a stream twice is refused; a namespace tells two of one name apart', () => {
    expect(() => refuseTwins(catalog, 'source-x')).not.toThrow();
    expect(() => refuseTwins({ streams: [stream('a', 'b'), stream('a', 'b')] }, 'source-x')).toThrow(
      'source-x: discover names the stream b.a twice',
    );
  });
});
