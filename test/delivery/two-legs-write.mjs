// A write by way of a cache that can be killed: says on stdout, line by line, how often the source was read and when
// the second leg has begun. The destination keeps each record in a file, and takes the last ones only when it may.
// Usage: node two-legs-write.mjs INDEX FOLDER COUNT MODE, INDEX being the built library, MODE `stop` or `go`.
import { appendFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [index, folder, countText, mode] = process.argv.slice(2);
const count = Number(countText);
const { DuckDBCache, checkpoint, defineSource, getDestination, getSource } = await import(
  pathToFileURL(index).href
);
const say = (line) => writeSync(1, `${line}\n`);

const source = defineSource({
  name: 'source-counted',
  streams: [
    {
      name: 'items',
      schema: { type: 'object', properties: { id: { type: 'integer' }, text: { type: 'string' } } },
      hasCheckpoints: true,
      *read({ checkpoint: done }) {
        const from = done ?? 0;
        say(`reads from ${from}`);
        for (let id = from + 1; id <= count; id += 1) {
          yield { id, text: 'x'.repeat(400) };
          if (id % 1000 === 0) yield checkpoint(id);
        }
      },
    },
  ],
});

const destination = {
  name: 'destination-file',
  version: '1',
  spec: { connectionSpecification: { type: 'object' } },
  check: async () => ({ status: 'SUCCEEDED' }),
  async *write(_config, _catalog, input) {
    let taken = 0;
    for await (const items of input) {
      for (const item of items) {
        if (item.type !== 'RECORDS') continue;
        const ids = item.records().map(({ record }) => record.data.id);
        appendFileSync(join(folder, 'taken'), `${ids.join('\n')}\n`);
        taken += ids.length;
      }
      const states = items.filter(({ type }) => type === 'STATE');
      if (states.length > 0) yield states;
      if (taken === 0) continue;
      say(`has ${taken}`);
      if (mode === 'stop' && taken > count / 2) await new Promise(() => {});
    }
  },
};

const { records } = await getDestination(destination).write(getSource(source), {
  cache: new DuckDBCache({ dbPath: join(folder, 'cache.duckdb') }),
  connection: 'killed',
  onEvent: (event) => event.type === 'state_saved' && say(`saved ${event.states}`),
});
say(`result ${JSON.stringify(records)}`);
