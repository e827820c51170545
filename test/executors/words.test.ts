import { describe, expect, it } from 'vitest';
import { splitWords } from '../../src/executors/words.ts';

describe('splitWords', () => {
  it.each([
    ['airbyte-source-x==1.2', ['airbyte-source-x==1.2']],
    ["airbyte-source-x==1.2 'requests<3'", ['airbyte-source-x==1.2', 'requests<3']],
    ['  "a b"c\td ', ['a bc', 'd']],
    ["a ''", ['a', '']],
    ['', []],
  ])('splits %j as a shell does', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  it('gives nothing when a quote is left open', () => {
    expect(splitWords("a 'b")).toBeUndefined();
  });
});
