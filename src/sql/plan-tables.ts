import { InputError } from '../errors.ts';
import {
  type ConfiguredCatalog,
  type ConfiguredStream,
  type FieldPath,
  type StreamKey,
  streamKey,
  streamLabel,
} from '../protocol/catalog.ts';
import { isJsonObject } from '../protocol/json-object.ts';
import { columnType } from './column-type.ts';
import type { Dialect } from './dialect.ts';
import { columnNames, tableNames } from './names.ts';
import type { ColumnPath, StreamColumn, StreamTable } from './stream-table.ts';

/** The tables of a catalog's streams. Throws InputError where names would meet or a key names no field. */
export function planTables(
  catalog: ConfiguredCatalog,
  dialect: Dialect,
  { schemaName = dialect.defaultSchema, tablePrefix }: PlanOptions = {},
): ReadonlyMap<StreamKey, StreamTable> {
  const names = tableNames(
    catalog.streams.map(({ stream }) => stream),
    dialect,
    { tablePrefix },
  );
  return new Map(
    catalog.streams.map((configured) => {
      const key = streamKey(configured.stream);
      return [key, planTable(configured, { dialect, schema: schemaName, name: names.get(key) ?? '' })];
    }),
  );
}

interface PlanOptions {
  readonly schemaName?: string | undefined;
  readonly tablePrefix?: string | undefined;
}

function planTable(
  configured: ConfiguredStream,
  { dialect, schema, name }: { readonly dialect: Dialect; readonly schema: string; readonly name: string },
): StreamTable {
  const { stream, primary_key: primaryKey = [], cursor_field: cursorField = [] } = configured;
  const label = streamLabel(stream);
  const declared = propertiesOf(stream.json_schema);
  // A schema that declares nothing allows all: such a key has a column of JSON, which holds whatever comes.
  const isOpen = declared.size === 0;
  const fields = isOpen ? new Map(primaryKey.map(([field = '']) => [field, undefined])) : declared;
  const columns = columnNames([...fields.keys()], dialect, label);
  const pathOf = (path: FieldPath, what: string): ColumnPath => {
    const [field = '', ...inner] = path;
    const column = columns.get(field);
    if (column === undefined) {
      throw new InputError(
        `stream ${label}: its ${what} names the field ${JSON.stringify(field)}, which its schema does not have`,
        {
          guidance:
            'A schema that declares properties must declare this one too: add it there, or choose another by setPrimaryKey or setCursorKey.',
          context: { stream: label, fields: [...fields.keys()] },
        },
      );
    }
    return { column, path: inner, type: columnType(schemaAt(fields.get(field), inner)) };
  };
  return {
    schema,
    name,
    columns: [...columns].map(
      ([field, column]): StreamColumn => ({ field, name: column, type: columnType(fields.get(field)) }),
    ),
    primaryKey: primaryKey.map((path) => pathOf(path, 'primary key')),
    // What it is of is not known: as texts, 10 would come before 9. So arrival decides.
    cursor: cursorField.length === 0 || isOpen ? undefined : pathOf(cursorField, 'cursor'),
  };
}

function propertiesOf(schema: unknown): ReadonlyMap<string, unknown> {
  const properties = isJsonObject(schema) ? schema['properties'] : undefined;
  return new Map(isJsonObject(properties) ? Object.entries(properties) : []);
}

function schemaAt(schema: unknown, path: readonly string[]): unknown {
  return path.reduce((outer: unknown, field) => propertiesOf(outer).get(field), schema);
}
