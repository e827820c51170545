import { InputError } from '../errors.ts';
import { type ColumnType, jsonSchemaOf } from '../sql/column-type.ts';
import type { EngineColumn, Queries } from '../sql/driver.ts';
import type { StreamColumn, StreamTable } from '../sql/stream-table.ts';
import type { DatasetStream } from './dataset.ts';
import { columnReading, documentReading } from './row-reading.ts';

/** A table that Sluice did not make, and the name of the stream that it holds, as far as that can be told. */
interface OtherTable {
  readonly table: string;
  readonly label: string;
}

/** The tables of a schema that Sluice did not make, without those in which Airbyte's programs keep accounts. */
export async function otherTables(
  session: Queries,
  schema: string,
  ours: ReadonlySet<string>,
): Promise<readonly OtherTable[]> {
  const names = (await session.tables(schema)).filter(
    (name) => !ours.has(name) && !/^_sluice_|^_airbyte_(?!raw_)/.test(name),
  );
  return names.map((table) => {
    const label = rawNames.map((pattern) => pattern.exec(table)?.[1]).find((name) => name !== undefined);
    // Where both lie there, the stream's name means the table that was made of the raw one.
    return { table, label: label === undefined || names.includes(label) ? table : label };
  });
}

/** How Airbyte's destinations name a table of raw records, newer ones with the namespace before it. */
const rawNames = [/^_airbyte_raw_(.+)$/s, /^.*?_raw__+stream_(.+)$/s];

/**
 * The table that is meant by the name of a stream: the one of that name, else the only one whose name says the same to
 * a destination that writes names in lower case, with underscores for what is neither a letter nor a digit.
 */
export function tableMeant(tables: readonly OtherTable[], stream: string): OtherTable | undefined {
  const exact = tables.find(({ label }) => label === stream) ?? tables.find(({ table }) => table === stream);
  if (exact !== undefined) return exact;
  const alike = tables.filter(({ label }) => plain(label) === plain(stream));
  if (alike.length < 2) return alike[0];
  const names = alike.map(({ table }) => table).join(' and ');
  throw new InputError(`${stream} can mean either of the tables ${names}`, {
    guidance: 'Give the name of the table.',
    context: { stream },
  });
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '_');
}

/** The rows of such a table: a field for each column, or, of a table of raw records, the records. */
export async function otherDataset(
  session: Queries,
  schema: string,
  { table: name, label }: OtherTable,
): Promise<DatasetStream> {
  const columns = (await session.columns(schema, name)) ?? [];
  const extractedAt = columns.find((column) => extractionColumns.has(column.name))?.name;
  const document = columns.find((column) => column.name === documentColumn);
  const fields = columns.filter((column) => !column.name.startsWith('_airbyte_'));
  const shown = document !== undefined ? [document] : fields.length > 0 ? fields : columns;
  const table: StreamTable = {
    schema,
    name,
    columns: shown.map((column) => columnOf(session, column)),
    primaryKey: [],
    cursor: undefined,
  };
  return {
    label,
    table,
    jsonSchema: schemaOf(table, document !== undefined),
    reading: document === undefined ? columnReading(table, extractedAt) : documentReading(table, extractedAt),
  };
}

const documentColumn = '_airbyte_data';
const extractionColumns: ReadonlySet<string> = new Set(['_airbyte_extracted_at', '_airbyte_emitted_at']);

function columnOf({ dialect }: Queries, { name, type }: EngineColumn): StreamColumn {
  return { field: name, name, type: dialect.columnType(type) ?? columnTypeOf(type) };
}

function schemaOf({ columns }: StreamTable, isDocument: boolean): Readonly<Record<string, unknown>> {
  if (isDocument) return { type: 'object' };
  const properties = columns.map(({ field, type }) => [field, jsonSchemaOf(type)]);
  return { type: 'object', properties: Object.fromEntries(properties) };
}

/** Our type for one that we never make: what statistics and files need to know of it. */
function columnTypeOf(type: string): ColumnType {
  return otherTypes.find(([pattern]) => pattern.test(type))?.[1] ?? 'string';
}

const otherTypes: readonly (readonly [RegExp, ColumnType])[] = [
  [/\[\d*\]$/, 'array'],
  [/json|^(?:struct|map|union|variant)|^$/i, 'union'],
  [/^bool/i, 'boolean'],
  [/^u?(?:tiny|small|big|huge)?int(?:eger)?\d*$/i, 'integer'],
  [/^(?:decimal|numeric|real|float|double)/i, 'number'],
  [/^date$/i, 'date'],
  [/^timestamp.*with time zone|^timestamptz/i, 'timestamp_with_timezone'],
  [/^(?:timestamp|datetime)/i, 'timestamp_without_timezone'],
  [/^time.*with time zone|^timetz/i, 'time_with_timezone'],
  [/^time/i, 'time_without_timezone'],
];
