import { describe, expect, it } from 'vitest';
import { didYouMean, misspelt, nearest } from '../../src/protocol/nearest.ts';

const names = ['users', 'purchases', 'products', 'user_events'];

describe('nearest', () => {
  it.each([
    ['user', 'users'],
    ['usres', 'users'],
    ['USERS', 'users'],
    ['prodcts', 'products'],
    ['purchase', 'purchases'],
  ])('takes %s for %s', (typo, meant) => {
    expect(nearest(typo, names)[0]).toBe(meant);
  });

  it('finds a name of which only a part was written', () => {
    expect(nearest('events', names)).toEqual(['user_events']);
  });

  it('gives nothing where nothing is near', () => {
    expect(nearest('invoices', names)).toEqual([]);
    expect(nearest('b', ['a'])).toEqual([]);
    expect(nearest('x', [])).toEqual([]);
  });

  it('counts two swapped letters as one mistake', () => {
    expect(nearest('hots', ['host', 'hotels'])[0]).toBe('host');
  });

  it('never gives back the name itself', () => {
    expect(nearest('users', ['users', 'user'])).toEqual(['user']);
    expect(didYouMean('users', ['users'])).toBeUndefined();
  });

  it('gives each name once, and no more than asked for', () => {
    expect(nearest('user', ['users', 'users', 'userz', 'usera'], 2)).toEqual(['users', 'userz']);
  });
});

describe('didYouMean', () => {
  it('puts the names into a question', () => {
    expect(didYouMean('usrs', ['users'])).toBe('did you mean "users"?');
    expect(didYouMean('user', ['users', 'userz'])).toBe('did you mean "users" or "userz"?');
    expect(didYouMean('invoices', ['users'])).toBeUndefined();
  });
});

describe('misspelt', () => {
  it('takes no part of a name for a misspelling of it', () => {
    expect(misspelt('usres', names)).toBe('users');
    expect(misspelt('events', names)).toBeUndefined();
  });
});
