// One read of 20,000 rows into a cache, and what came of it as JSON on stdout.
// Usage: node disk-full.mjs INDEX CACHE OPTIONS: the built library, the name of a class in it, and JSON for that.
import { pathToFileURL } from 'node:url';

const [index, cacheName, options] = process.argv.slice(2);
const {
  [cacheName]: Cache,
  checkpoint,
  defineSource,
  getSource,
  sql,
} = await import(pathToFileURL(index).href);

const source = defineSource({
  name: 'source-large',
  streams: [
    {
      name: 'items',
      schema: { type: 'object', properties: { id: { type: 'integer' }, text: { type: 'string' } } },
      hasCheckpoints: true,
      async *read({ checkpoint: done }) {
        for (let id = (done ?? 0) + 1; id <= 20_000; id += 1) {
          // Nothing that an engine could compress.
          yield { id, text: Array.from({ length: 40 }, () => Math.random().toString(36)).join('') };
          if (id % 500 === 0) yield checkpoint(id);
        }
      },
    },
  ],
});

const cache = new Cache({ ...JSON.parse(options), flush: { bytes: 500_000, ms: 60_000 } });
const outcome = await getSource(source)
  .read(cache, { connection: 'large' })
  .then(
    ({ summary }) => ({ read: summary.records.read }),
    ({ code, message, guidance, result }) => ({
      code,
      message,
      guidance,
      confirmed: result.records.confirmed,
    }),
  );
const [held] = await cache
  .query(sql`select count(*) as rows, count(distinct id) as ids from items`)
  .toArray();
process.stdout.write(`${JSON.stringify({ ...outcome, ...held })}\n`);
