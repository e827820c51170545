import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringifyLossless } from '../../src/protocol/lossless-json.ts';
import { columnType, isTemporal } from '../../src/sql/column-type.ts';
import type { Driver } from '../../src/sql/driver.ts';
import { sql } from '../../src/sql/sql.ts';
import { type Kind, kinds, values } from '../contracts/sql-values.ts';
import { landing, schemas, tableOf } from './landing.ts';
import { testEngines } from './test-engines.ts';

const page = join(import.meta.dirname, '..', '..', 'docs', 'values.md');
const again = 'SLUICE_WRITE_DOCS=true npx vitest run test/sql/values-page.test.ts && npm run format';

describe('docs/values.md', () => {
  const engines = testEngines();

  it(`says what each engine gives back (made anew by: ${again})`, async () => {
    const sections: string[] = [];
    for (const kind of kinds) {
      const columns: EngineColumn[] = [];
      for (const { name, open } of engines) columns.push({ name, ...(await columnOf(kind, open)) });
      sections.push(section(kind, columns));
    }
    const text = [introduction, ...sections].join('\n');
    if (process.env['SLUICE_WRITE_DOCS'] === 'true') writeFileSync(page, text);
    expect(plain(readFileSync(page, 'utf8'))).toBe(plain(text));
  });
});

const introduction = `# Values in, values out

What the tables of a cache hold for each value that a source can send, and what a query gives back as JavaScript. This
page is made by the tests, from what each engine really did:

\`${again}\`

A row keeps its RECORD line beside its columns where the columns alone would not give it back as it came ("line kept").
So the rows of a dataset, and what goes on to a destination, are exact in every case. A value that its column cannot
hold is null there and named in \`_airbyte_meta\`.

Dates and times are ISO texts, in one spelling. "As a date" is what \`times: 'date'\` makes of them, in every engine: a
JavaScript \`Date\`, which has whole milliseconds.
`;

interface Held {
  readonly type: string;
  readonly outs: readonly string[];
  readonly dates: readonly string[];
  readonly kept: readonly boolean[];
}

interface EngineColumn extends Held {
  readonly name: string;
}

/** Lands the values of this kind in a column of its own, and reads them. */
async function columnOf(kind: Kind, open: (folder: string) => Promise<Driver>): Promise<Held> {
  const properties = { v: schemas[kind] };
  await using things = await landing(open, properties);
  await things.land(valuesOf(kind).map((value) => `{"v":${value}}`));
  const { table } = tableOf(things.db, properties);
  const columns = await things.db.columns(table.schema, table.name);
  const statement = sql`SELECT v, _sluice_raw AS line FROM things ORDER BY _sluice_position`;
  const rows = await things.db.query(statement);
  const dated = await things.db.query(statement, { times: 'date' });
  return {
    type: columns?.find(({ name }) => name === 'v')?.type ?? '',
    outs: rows.map(({ v }) => (typeof v === 'bigint' ? `${v}n` : visible(stringifyLossless(v)))),
    dates: dated.map(({ v }) =>
      v instanceof Date ? `new Date("${v.toISOString()}")` : stringifyLossless(v),
    ),
    kept: rows.map(({ line }) => line !== null),
  };
}

/** With what one would not see escaped. */
function visible(text: string): string {
  return text.replaceAll('\ufeff', '\\ufeff');
}

function valuesOf(kind: Kind): readonly string[] {
  return values.filter((value) => value[0] === kind).map(([, text]) => text);
}

function section(kind: Kind, columns: readonly EngineColumn[]): string {
  const isTime = isTemporal(columnType(schemas[kind]));
  const head = ['in', ...columns.map(({ name, type }) => `${name} ${code(type)}`), 'line kept'];
  if (isTime) head.splice(-1, 0, 'as a date');
  const rows = valuesOf(kind).map((text, index) => {
    const kept = columns.filter((column) => column.kept[index] === true).map(({ name }) => name);
    const isKept = kept.length === columns.length ? 'yes' : kept.join(', ');
    const [date = '', ...others] = new Set(columns.map(({ dates }) => dates[index] ?? ''));
    if (isTime) expect(others).toEqual([]);
    const cells = [code(text), ...columns.map(({ outs }) => code(outs[index] ?? ''))];
    return [...cells, ...(isTime ? [code(date)] : []), isKept];
  });
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `## ${kind}\n\n${code(JSON.stringify(schemas[kind]))}\n\n${lines.join('\n')}\n`;
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** How a table is laid out says nothing. */
function plain(text: string): string {
  return text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---').trim();
}
