// One read into a cache that can be killed: says on stdout, line by line, that it goes on. The streams: `items`
// is appended, `things` merged (ten versions of each), `latest` replaced as a whole, 500 rows with `count` in each.
// Usage: node killed-read.mjs INDEX CLASS OPTIONS COUNT, INDEX being the built library, CLASS and OPTIONS, which are
// JSON, those of the cache.
import { writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const [index, name, options, countText] = process.argv.slice(2);
const count = Number(countText);
const { [name]: Cache, checkpoint, defineSource, getSource } = await import(pathToFileURL(index).href);
const sign = () => writeSync(1, 'sign\n');

async function* counted(from, row) {
  for (let n = from + 1; n <= count; n += 1) {
    yield row(n);
    if (n % 50 !== 0 && n !== count) continue;
    yield checkpoint(n);
    sign();
    await setImmediate();
  }
}

const integers = (...names) => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, { type: 'integer' }])),
});

const source = defineSource({
  name: 'source-killed',
  streams: [
    {
      name: 'items',
      schema: integers('id'),
      hasCheckpoints: true,
      read: ({ checkpoint: done }) => counted(done ?? 0, (id) => ({ id })),
    },
    {
      name: 'things',
      schema: integers('id', 'version'),
      primaryKey: 'id',
      hasCheckpoints: true,
      read: ({ checkpoint: done }) =>
        counted(done ?? 0, (n) => ({ id: Math.floor((n - 1) / 10), version: (n - 1) % 10 })),
    },
    {
      name: 'latest',
      schema: integers('id', 'count'),
      async *read() {
        for (let id = 1; id <= 500; id += 1) {
          yield { id, count };
          if (id % 50 !== 0) continue;
          sign();
          await setImmediate();
        }
      },
    },
  ],
});

sign();
await getSource(source).read(new Cache({ ...JSON.parse(options), flush: { bytes: 20_000, ms: 60_000 } }), {
  connection: 'killed',
  onEvent: (event) => event.type === 'state_saved' && sign(),
});
