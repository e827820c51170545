import type { ColumnType } from '../column-type.ts';
import { rowForm } from '../row-form.ts';
import { metaColumns, type StreamColumn, type StreamTable } from '../stream-table.ts';
import { duckDbDialect } from './dialect.ts';
import type { LineTemplate } from './line-template.ts';

/** Of a staging table: a line that DuckDB cannot vouch for, and which is read again, exactly (see check-row.ts). */
export const doubtfulColumn = '_sluice_doubtful';

const quote = duckDbDialect.quote;

/**
 * A SELECT that turns RECORD lines into staged rows. DuckDB's JSON reader writes numbers anew and rounds them, takes
 * what is no JSON, and casts leniently; so a row passes only if every value proves to be what its column says, and
 * the line itself proves that nothing was written anew. The others come out as doubtful.
 */
export function stagingSelect(table: StreamTable, { files, template, meta, longest }: StagingInput): string {
  const cells = table.columns.map((column, index) => cellOf(column, `f${index}`, template));
  const sound = ['d', 'e_ok', 'faithful', ...cells.map(({ sound }) => sound)].join(' AND ');
  const whole = ['exact', ...cells.flatMap(({ whole }) => (whole === undefined ? [] : [whole]))].join(
    ' AND ',
  );
  const values = table.columns.map(
    ({ name, type }, index) =>
      `CAST(${cells[index]?.value ?? 'NULL'} AS ${duckDbDialect.types[type]}) AS ${quote(name)}`,
  );
  return `
SELECT ${[...values, ''].join(', ')}
  CASE WHEN e_ok THEN make_timestamptz(e_ms * 1000) END AS ${quote(metaColumns.extractedAt)},
  CAST(${literal(meta)} AS JSON) AS ${quote(metaColumns.meta)},
  CAST(CASE WHEN sound AND whole THEN ${template?.form ?? 0} ELSE 0 END AS UTINYINT) AS ${quote(metaColumns.form)},
  CASE WHEN sound AND NOT whole THEN line END AS ${quote(metaColumns.raw)},
  CASE WHEN NOT sound THEN line END AS ${quote(doubtfulColumn)}
FROM (SELECT *, ${sound} AS sound, ${whole} AS whole
FROM (SELECT *, CASE WHEN exact THEN true WHEN NOT d THEN false ELSE ${faithful} END AS faithful, ${castsOf(table)}
  coalesce(e_ms BETWEEN 0 AND 253402300799999 AND CAST(e_ms AS VARCHAR) = e, false) AS e_ok
FROM (SELECT *, TRY_CAST(e AS BIGINT) AS e_ms, coalesce(${exactness(table, template)}, false) AS exact
FROM (SELECT line, ${table.columns.map(({ field }, index) => `CAST(${fieldAt(field)} AS VARCHAR) AS f${index}, `).join('')}
  CAST(j.record.emitted_at AS VARCHAR) AS e, j.record.data IS NOT NULL AND j.record.meta IS NULL AS d
FROM (SELECT line, TRY(json_transform(line, ${literal(structure(table))})) AS j FROM ${linesOf(files, longest)} WHERE line IS NOT NULL)))))`;
}

interface StagingInput {
  readonly files: readonly string[];
  readonly template: LineTemplate | undefined;
  /** JSON for `_airbyte_meta`. */
  readonly meta: string;
  /** No line has more bytes than this. */
  readonly longest: number;
}

/** A text as SQL writes it. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A byte that no JSON contains, given to DuckDB as what stands between the columns of a line. */
export const separator = 1;

/** Each line as it stands, without quoting; blank ones are left out. */
function linesOf(files: readonly string[], longest: number): string {
  const size = Math.max(2_200_000, longest + 1);
  return `read_csv([${files.map(literal).join(', ')}], header = false, auto_detect = false, columns = {'line': 'VARCHAR'},
    delim = '${String.fromCharCode(separator)}', quote = '', escape = '', new_line = '\\n', max_line_size = ${size},
    buffer_size = ${Math.max(32_000_000, size * 4)})`;
}

function structure({ columns }: StreamTable): string {
  const data =
    columns.length === 0 ? 'JSON' : Object.fromEntries(columns.map(({ field }) => [field, 'JSON']));
  return JSON.stringify({ record: { data, emitted_at: 'JSON', meta: 'JSON' } });
}

function fieldAt(field: string): string {
  return `struct_extract(j.record.data, ${literal(field)})`;
}

/** The template filled with the values is the line itself. */
function exactness({ columns }: StreamTable, template: LineTemplate | undefined): string {
  if (template === undefined) return 'false';
  const { head, fields, tail, form } = template;
  const indexes = new Map(columns.map(({ field }, index) => [field, index]));
  const isAbsent = (form & rowForm.absent) !== 0;
  const members = fields.map((field, place) => {
    const value = `f${indexes.get(field)}`;
    const key = `${JSON.stringify(field)}:`;
    if (isAbsent) return `${literal(key)} || ${value}`;
    return `${literal(place === 0 ? key : `,${key}`)}, coalesce(${value}, 'null')`;
  });
  const body =
    members.length === 0 ? "''" : isAbsent ? `concat_ws(',', ${members.join(', ')})` : members.join(', ');
  return `line = concat(${literal(head)}, ${body}, ${literal(tail[0])}, e, ${literal(tail[1])})`;
}

/**
 * For a line that differs from the template: no number in it has more digits than a double keeps, or an exponent;
 * nothing is in it that only DuckDB takes for JSON; and no field comes twice.
 */
const faithful = `(NOT regexp_matches(line, '[.][0-9]{12}|[0-9]{5}[.][0-9]{8}|[0-9]{9}[.][0-9]|[0-9][eE][+-]?[0-9]+\\s*[],}]|,\\s*[]}]|(?i:[[:,-]\\s*(nan|inf))')
    AND coalesce(len(list_distinct(TRY(json_keys(line, '$.record.data')))) = len(TRY(json_keys(line, '$.record.data'))), false)
    AND coalesce(len(list_distinct(TRY(json_keys(line, '$.record')))) = len(TRY(json_keys(line, '$.record'))), false)
    AND len(TRY(json_keys(line))) = 2)`;

/** The casts that both the value and the proof need, each done once. */
function castsOf({ columns }: StreamTable): string {
  return columns
    .map(({ type }, index) => {
      const cast = castOf(type, `f${index}`);
      return cast === undefined ? '' : `${cast} AS v${index}, `;
    })
    .join('');
}

function castOf(type: ColumnType, f: string): string | undefined {
  const engineType = duckDbDialect.types[type];
  if (type === 'integer' || type === 'number') return `TRY_CAST(${f} AS ${engineType})`;
  return type in patterns ? `TRY_CAST(${textAsTaken(type, `${f}[2:-2]`)} AS ${engineType})` : undefined;
}

/** DuckDB reads `Z` in a timestamp, but not in a time. */
export function textAsTaken(type: ColumnType, text: string): string {
  return type === 'time_with_timezone' ? `replace(${text}, 'Z', '+00:00')` : text;
}

interface Cell {
  readonly value: string;
  /** Whether the value is what the column says. */
  readonly sound: string;
  /** Whether the column gives back the same spelling. */
  readonly whole?: string;
}

function cellOf({ type }: StreamColumn, f: string, template: LineTemplate | undefined): Cell {
  const v = f.replace('f', 'v');
  const proven = (condition: string): string => `(${f} IS NULL OR coalesce(${condition}, false))`;
  const zone = ((template?.form ?? 0) & rowForm.offset) === 0 ? 'Z"' : '+00:00"';
  switch (type) {
    case 'string':
      return {
        value: `CASE WHEN contains(${f}, '\\') THEN CAST(${f} AS JSON)->>'$' ELSE ${f}[2:-2] END`,
        sound: proven(`starts_with(${f}, '"')`),
      };
    case 'boolean':
      return { value: `${f} = 'true'`, sound: proven(`${f} IN ('true', 'false')`) };
    case 'integer':
      return { value: v, sound: proven(`CAST(${v} AS VARCHAR) = ${f}`) };
    case 'number':
      return {
        value: v,
        sound: proven(`isfinite(${v}) AND (contains(${f}, '.') OR abs(${v}) <= 9007199254740991)`),
        whole: `(${f} IS NULL OR NOT (ends_with(${f}, '.0') OR contains(${f}, 'e')))`,
      };
    case 'array':
      return { value: f, sound: proven(`starts_with(${f}, '[') AND ${isJson(f)}`) };
    case 'object':
      return { value: f, sound: proven(`starts_with(${f}, '{') AND ${isJson(f)}`) };
    case 'union':
      return { value: f, sound: proven(isJson(f)) };
    default:
      return {
        value: v,
        sound: proven(
          `${v} IS NOT NULL AND regexp_full_match(${f}, ${literal(patterns[type] ?? '')}) AND NOT contains(${f}, '000Z') AND NOT contains(${f}, '000+')${unzoned(type, f)}`,
        ),
        ...(type.endsWith('_with_timezone')
          ? { whole: `(${f} IS NULL OR ends_with(${f}, ${literal(zone)}))` }
          : {}),
      };
  }
}

/** NaN and Infinity are no JSON, though DuckDB reads them, in any case. */
function isJson(f: string): string {
  return `NOT regexp_matches(${f}, '(?i)(^-?|[[:,-])(nan|inf)')`;
}

/** Zeros at the end of a fraction are not what the column would give back. */
function unzoned(type: ColumnType, f: string): string {
  return type === 'timestamp_without_timezone' || type === 'time_without_timezone'
    ? ` AND NOT (contains(${f}, '.') AND ends_with(${f}, '000"'))`
    : '';
}

const day = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
const clock = '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{3}|[.][0-9]{6})?';
const utc = '(Z|[+]00:00)';

/** The usual spellings, which come back as they are; all others are read exactly, one by one. */
const patterns: Readonly<Partial<Record<ColumnType, string>>> = {
  date: `"${day}"`,
  timestamp_with_timezone: `"${day}T${clock}${utc}"`,
  timestamp_without_timezone: `"${day}T${clock}"`,
  time_with_timezone: `"${clock}${utc}"`,
  time_without_timezone: `"${clock}"`,
};
