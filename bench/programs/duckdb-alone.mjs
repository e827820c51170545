// DuckDB alone: reads files of RECORD lines, one for each stream, into the same typed tables with the same checks of
// every value, and says how long that took. What it is spared: splitting streams, states, the number of each row, and
// the proof that no line says more than its values. Usage: node duckdb-alone.mjs DB '[{"name", "path", "columns"}]'.
import { rmSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const types = {
  string: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  instant: 'TIMESTAMPTZ',
  object: 'JSON',
};
const casted = { integer: (f) => f, number: (f) => f, instant: (f) => `${f}[2:-2]` };
const instant =
  '"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{3}|[.][0-9]{6})?(Z|[+]00:00)"';
const checks = {
  string: (at) => `starts_with(f${at}, '"')`,
  integer: (at) => `CAST(v${at} AS VARCHAR) = f${at}`,
  number: (at) => `isfinite(v${at}) AND (contains(f${at}, '.') OR abs(v${at}) <= 9007199254740991)`,
  instant: (at) => `v${at} IS NOT NULL AND regexp_full_match(f${at}, '${instant}')`,
  object: (at) => `starts_with(f${at}, '{')`,
};

const [dbPath, task] = process.argv.slice(2);
const tables = JSON.parse(task);
for (const path of [dbPath, `${dbPath}.wal`]) rmSync(path, { force: true });
const start = performance.now();
const instance = await DuckDBInstance.create(dbPath);
const connection = await instance.connect();
await connection.run("SET TimeZone = 'UTC'");
for (const table of tables) {
  await connection.run(create(table));
  await connection.run(insert(table));
}
connection.closeSync();
instance.closeSync();
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, peakMb: process.resourceUsage().maxRSS / 1024 }));

function create({ name, columns }) {
  const fields = columns.map(([field, type]) => `"${field}" ${types[type]}`);
  return `CREATE TABLE "${name}" (${fields.join(', ')}, raw_id UUID NOT NULL, extracted_at TIMESTAMPTZ NOT NULL,
    meta JSON NOT NULL, generation_id BIGINT NOT NULL, form UTINYINT NOT NULL, raw VARCHAR)`;
}

/** A value that is not soundly what its column says is null there, and the row keeps its line. */
function insert({ name, path, columns }) {
  const structure = JSON.stringify({
    record: { data: Object.fromEntries(columns.map(([field]) => [field, 'JSON'])), emitted_at: 'JSON' },
  });
  const texts = columns.map(([field], at) => `CAST(j.record.data."${field}" AS VARCHAR) AS f${at}`);
  const casts = columns.flatMap(([, type], at) =>
    type in casted ? [`TRY_CAST(${casted[type](`f${at}`)} AS ${types[type]}) AS v${at}`] : [],
  );
  const sound = columns.map(([, type], at) => `(f${at} IS NULL OR coalesce(${checks[type](at)}, false))`);
  const values = columns.map(([, type], at) => `CASE WHEN ${sound[at]} THEN ${value(type, at)} END`);
  return `INSERT INTO "${name}"
    SELECT ${values.join(', ')}, uuidv7(), make_timestamptz(CAST(e AS BIGINT) * 1000),
      CAST('{"sync_id":1,"changes":[]}' AS JSON), 1, 0, CASE WHEN NOT (${sound.join(' AND ')}) THEN line END
    FROM (SELECT *, ${['1', ...casts].join(', ')}
    FROM (SELECT line, ${texts.join(', ')}, CAST(j.record.emitted_at AS VARCHAR) AS e
    FROM (SELECT line, json_transform(line, '${structure}') AS j
    FROM read_csv('${path}', header = false, auto_detect = false, columns = {'line': 'VARCHAR'}, delim = '\u0001',
      quote = '', escape = '', new_line = '\\n'))))`;
}

function value(type, at) {
  if (type === 'string') {
    return `CASE WHEN contains(f${at}, '\\') THEN CAST(f${at} AS JSON)->>'$' ELSE f${at}[2:-2] END`;
  }
  return type in casted ? `v${at}` : `CAST(f${at} AS JSON)`;
}
