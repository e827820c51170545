import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { records } from '../../src/index.ts';
import { parseLossless } from '../../src/protocol/lossless-json.ts';
import { inNewHome } from '../fixtures/new-home.ts';
import type { CacheUnderTest } from './cache-contract.ts';

/** What every cache makes of rows that are to be files. */
export function describeFiles({ engine, open }: CacheUnderTest): void {
  describe(`files of rows from a cache in ${engine}`, () => {
    const folder = inNewHome();

    it('are JSON lines or CSV', async () => {
      const rows = [
        { id: 1, name: 'a "quoted", name' },
        { id: 2, name: '' },
        { id: 9007199254740993n, name: null },
      ];
      const { streams } = await records('people', rows, { schema: shortSchema }).read(
        open(folder(), 'files'),
      );
      const [jsonl, csv] = [join(folder(), 'people.jsonl'), join(folder(), 'people.csv')];
      expect(await streams['people']?.toJsonl(jsonl)).toBe(3);
      expect(await readFile(jsonl, 'utf8')).toBe(
        '{"id":1,"name":"a \\"quoted\\", name"}\n{"id":2,"name":""}\n{"id":9007199254740993,"name":null}\n',
      );
      expect(await streams['people']?.toCsv(csv)).toBe(3);
      expect(await readFile(csv, 'utf8')).toBe(
        'id,name\r\n1,"a ""quoted"", name"\r\n2,""\r\n9007199254740993,\r\n',
      );
    });

    it('have numbers as they were spelled, and in CSV nothing for what is absent', async () => {
      const lines = ['{"n":1.0,"at":null,"constructor":"x"}', '{"n":-0.0}', '{"n":0.1000,"toString":2}'];
      const properties = Object.fromEntries(['n', 'constructor', 'toString'].map((field) => [field, {}]));
      const rows = lines.map((line) => parseLossless(line));
      const schema = { type: 'object', properties };
      const { streams } = await records('odd', rows, { schema }).read(open(folder(), 'odd'));
      const csv = join(folder(), 'odd.csv');
      await streams['odd']?.toCsv(csv);
      expect(await readFile(csv, 'utf8')).toBe('n,constructor,toString\r\n1.0,x,\r\n-0.0,,\r\n0.1000,,2\r\n');
      await expect(streams['odd']?.toCsv(folder())).rejects.toMatchObject({ code: 'input_invalid' });
      await expect(streams['odd']?.toParquet(folder())).rejects.toMatchObject({ code: 'input_invalid' });
      const none = undefined as unknown as string;
      await expect(streams['odd']?.toJsonl(none)).rejects.toThrow('odd: toJsonl takes the path of a file');
      await expect(open(folder(), 'odd').dataset(none)).rejects.toThrow('the name of a stream is missing');
    });

    it('cannot be Parquet where a field has no name, or none is declared, and say so', async () => {
      const nameless = { type: 'object', properties: { '': { type: 'string' } } };
      const some = await records('some', [{ '': 'x' }], { schema: nameless }).read(
        open(folder(), 'nameless'),
      );
      const none = await records('none', [{ a: 1 }], { schema: { type: 'object' } }).read(
        open(folder(), 'none'),
      );
      const path = join(folder(), 'x.parquet');
      await expect(some.streams['some']?.toParquet(path)).rejects.toThrow('a field without a name cannot be');
      await expect(none.streams['none']?.toParquet(path)).rejects.toThrow('declares no fields cannot be');
      expect(await none.streams['none']?.toJsonl(join(folder(), 'x.jsonl'))).toBe(1);
    });

    it('go through a link and into a named pipe, which stay what they are, and nowhere else', async () => {
      const { streams } = await records('few', [{ id: 1 }, { id: 2 }]).read(open(folder(), 'links'));
      const few = streams['few'];
      const at = (name: string) => join(folder(), name);
      await mkdir(at('out'));
      for (const name of ['few.csv', 'few.jsonl', 'few.parquet']) await symlink(at(`out/${name}`), at(name));
      for (const _ of ['where nothing lies yet', 'where a file does']) {
        expect(await few?.toCsv(at('few.csv'))).toBe(2);
        expect(await few?.toJsonl(at('few.jsonl'))).toBe(2);
        expect(await few?.toParquet(at('few.parquet'))).toBe(2);
      }
      expect((await readdir(at('out'))).toSorted()).toEqual(['few.csv', 'few.jsonl', 'few.parquet']);
      expect(await readFile(at('out/few.csv'), 'utf8')).toBe('id\r\n1\r\n2\r\n');

      await promisify(execFile)('mkfifo', [at('pipe')]);
      const [text] = await Promise.all([readFile(at('pipe'), 'utf8'), few?.toJsonl(at('pipe'))]);
      expect(text).toBe('{"id":1}\n{"id":2}\n');
      expect((await stat(at('pipe'))).isFIFO()).toBe(true);

      for (const write of [few?.toCsv, few?.toJsonl, few?.toParquet]) {
        const nowhere = at('no/where/few');
        await expect(write?.call(few, nowhere)).rejects.toThrow(
          `cannot write ${nowhere}: no such file or folder`,
        );
      }
    });
  });
}

const shortSchema = {
  type: 'object',
  properties: { id: { type: 'integer' }, name: { type: ['null', 'string'] } },
};
