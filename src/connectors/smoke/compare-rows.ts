import { isJsonObject } from '../../protocol/json-object.ts';
import { spellingOf } from '../../protocol/json-spelling.ts';
import { parseLossless, stringifyLossless } from '../../protocol/lossless-json.ts';
import type { Row } from '../../protocol/messages.ts';
import type { JsonSchema } from '../authoring/define-source.ts';
import { saysTheSame } from './same-value.ts';

/**
 * How a row differs from what was sent. The last three are what many stores do by their nature and lose nothing that
 * was declared: another spelling, null in the place of nothing, a field that is not in the schema left out.
 */
export type DifferenceKind =
  | 'row_missing'
  | 'row_not_sent'
  | 'value_changed'
  | 'value_missing'
  | 'value_not_sent'
  | 'respelled'
  | 'null_or_absent'
  | 'undeclared_dropped';

/** One way in which what lies in the destination is not what was sent; values are JSON, cut where they are long. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** The stream's label. */
  readonly stream: string;
  /** Which row, by its key, its id or its place. */
  readonly row: string;
  readonly field?: string;
  readonly expected?: string;
  readonly actual?: string;
}

/** Whether something that was declared and sent is not there as it was sent. */
export function isLoss(kind: DifferenceKind): boolean {
  return kind !== 'respelled' && kind !== 'null_or_absent' && kind !== 'undeclared_dropped';
}

interface Compared {
  /** The stream's label. */
  readonly stream: string;
  readonly schema: JsonSchema;
  /** What tells one row from another; `id` where there is no key. */
  readonly key: readonly string[];
}

/** Compares rows whatever their order, those that are alike one by one. */
export function compareRows(
  expected: readonly string[],
  actual: readonly Row[],
  compared: Compared,
): readonly Difference[] {
  const sent = expected.map((text) => cellsOf(asRow(parseLossless(text))));
  const there = actual.map(cellsOf);
  const { missing, extra } = withoutEqual(sent, there);
  return pairs(missing, extra, compared.key).flatMap(({ one, other, name }): readonly Difference[] => {
    const { stream } = compared;
    if (other === undefined)
      return [{ kind: 'row_missing', stream, row: name, ...given('expected', one?.text) }];
    if (one === undefined) return [{ kind: 'row_not_sent', stream, row: name, actual: shown(other.text) }];
    return differences(one, other, compared).map((found) => ({ ...found, stream, row: name }));
  });
}

/** A row with each value as it is spelled. */
interface Cells {
  readonly row: Row;
  readonly spelled: ReadonlyMap<string, string>;
  readonly text: string;
}

function cellsOf(row: Row): Cells {
  const numbers = spellingOf(row)?.numbers;
  const spelled = new Map(
    Object.entries(row)
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => {
        const noted = numbers?.get(field);
        const isNoted = noted !== undefined && Object.is(noted.value, value);
        return [field, isNoted ? noted.token : stringifyLossless(value)] as const;
      }),
  );
  return { row, spelled, text: stringifyLossless(row) };
}

function asRow(value: unknown): Row {
  return isJsonObject(value) ? value : {};
}

/** What is left when each row has been taken with one that is the same but for the order of its fields. */
function withoutEqual(sent: readonly Cells[], there: readonly Cells[]) {
  const formOf = ({ spelled }: Cells) =>
    JSON.stringify([...spelled].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  const open = new Map<string, number>();
  const forms = there.map(formOf);
  for (const form of forms) open.set(form, (open.get(form) ?? 0) + 1);
  const take = (form: string): boolean => {
    const count = open.get(form) ?? 0;
    if (count > 0) open.set(form, count - 1);
    return count > 0;
  };
  const missing = sent.filter((cells) => !take(formOf(cells)));
  return { missing, extra: there.filter((_, index) => take(forms[index] ?? '')) };
}

interface Pair {
  readonly name: string;
  readonly one: Cells | undefined;
  readonly other: Cells | undefined;
}

/** Rows that belong together: by their key where they have one, else by their place. */
function pairs(missing: readonly Cells[], extra: readonly Cells[], key: readonly string[]): readonly Pair[] {
  const nameOf = ({ spelled }: Cells): string | undefined => {
    const values = key.map((field) => spelled.get(field) ?? 'null');
    return values.every((value) => value === 'null') ? undefined : `${key.join(', ')} ${values.join(', ')}`;
  };
  const named = grouped(extra, nameOf);
  const taken = new Set<Cells>();
  const found = missing.map((one, index): Pair => {
    const name = nameOf(one);
    const other = named.get(name)?.shift();
    if (other !== undefined) taken.add(other);
    return { name: shown(name) ?? `row ${index + 1}`, one, other };
  });
  const rest = extra.filter((cells) => !taken.has(cells));
  const lonely = rest.map((other, index): Pair => {
    return { name: shown(nameOf(other)) ?? `row ${index + 1}`, one: undefined, other };
  });
  return [...found, ...lonely];
}

function grouped(
  rows: readonly Cells[],
  nameOf: (cells: Cells) => string | undefined,
): Map<string | undefined, Cells[]> {
  const groups = new Map<string | undefined, Cells[]>();
  for (const row of rows) groups.set(nameOf(row), [...(groups.get(nameOf(row)) ?? []), row]);
  return groups;
}

type FieldDifference = Omit<Difference, 'stream' | 'row'>;

function differences(sent: Cells, there: Cells, { schema }: Compared): readonly FieldDifference[] {
  const properties = asRow(schema['properties']);
  const fields = new Set([...sent.spelled.keys(), ...there.spelled.keys()]);
  return [...fields].flatMap((field): readonly FieldDifference[] => {
    const expected = sent.spelled.get(field);
    const actual = there.spelled.get(field);
    if (expected === actual) return [];
    const kind = kindOf();
    return [{ kind, field, ...given('expected', expected), ...given('actual', actual) }];

    function kindOf(): DifferenceKind {
      if ((expected ?? 'null') === 'null' && (actual ?? 'null') === 'null') return 'null_or_absent';
      if (expected === undefined) return 'value_not_sent';
      const isDeclared = Object.hasOwn(properties, field);
      if (actual === undefined) return isDeclared ? 'value_missing' : 'undeclared_dropped';
      const type = isDeclared ? asRow(properties[field]) : undefined;
      return saysTheSame(sent.row[field], there.row[field], type) ? 'respelled' : 'value_changed';
    }
  });
}

function given(name: 'expected' | 'actual', value: string | undefined) {
  const text = shown(value);
  return text === undefined ? {} : { [name]: text };
}

const longest = 200;

function shown(text: string): string;
function shown(text: string | undefined): string | undefined;
function shown(text: string | undefined): string | undefined {
  if (text === undefined || text.length <= longest) return text;
  return `${text.slice(0, longest)}… (${text.length} characters)`;
}
