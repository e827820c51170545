import fc from 'fast-check';

/** A stream's identity, as the generators draw it; a namespace of null is written as null or not at all. */
export interface Identity {
  readonly name: string;
  readonly namespace: string | null;
}

/** Lines of JSON, most of them RECORDs, as any program might write them; those of one array mostly alike. */
export function messageTexts(streams?: readonly Identity[]): fc.Arbitrary<readonly string[]> {
  const contents = (size: fc.ArrayConstraints) => fc.array(content(streams), { minLength: 1, ...size });
  return fc.oneof(
    { weight: 3, arbitrary: fc.tuple(layout(), contents({ maxLength: 10 })).map(alike) },
    {
      weight: 1,
      arbitrary: fc.array(fc.tuple(layout(), content(streams)), { minLength: 1, maxLength: 6 }).map(mixed),
    },
  );
}

export function identities(): fc.Arbitrary<readonly Identity[]> {
  return fc.uniqueArray(identity(), { minLength: 1, maxLength: 6, selector: ({ name }) => name });
}

/** Any JSON value, its strings and keys full of what a scanner of bytes may take for structure. */
export function jsonValue(): fc.Arbitrary<unknown> {
  return fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      text(),
      fc.constantFrom(null, true, false, 0, -1, 1.5, 1e21, 12345678),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('object'),
    ),
    object: object(tie('value')),
  })).value;
}

/** A value as JSON text, with white space and escapes here and there. */
export function spacedText(value: unknown): fc.Arbitrary<string> {
  return layout().map((one) => writer(one)(value).trim());
}

const trickyTexts = [
  'users',
  'users2',
  'u',
  '',
  'stream',
  'namespace',
  '"namespace":"x"',
  '","namespace":"x"}}',
  '}}',
  '{"data":{',
  '\\',
  '\\"',
  '"',
  'naïve',
  '日本語',
  '😀',
  '\ud800',
  'a\tb',
  '\u0001',
];

type Content = {
  readonly type: string;
  readonly identity: Identity;
  readonly writesNull: boolean;
  readonly data: unknown;
  readonly emittedAt: unknown;
  readonly beside: Readonly<Record<string, unknown>>;
  readonly inRoot: Readonly<Record<string, unknown>>;
};

/** How a program writes its messages: the order of keys, white space and escapes. */
interface Layout {
  readonly order: readonly string[];
  readonly rootOrder: readonly string[];
  readonly spaces: readonly number[];
  readonly escapes: readonly number[];
  /** A key of the message of which one letter is written as an escape. */
  readonly escapedKey: string | undefined;
}

function alike([one, contents]: readonly [Layout, readonly Content[]]): readonly string[] {
  return contents.map((each) => written(one, each));
}

function mixed(pairs: readonly (readonly [Layout, Content])[]): readonly string[] {
  return pairs.map(([one, each]) => written(one, each));
}

function layout(): fc.Arbitrary<Layout> {
  const fields = ['namespace', 'stream', 'data', 'emitted_at', 'beside'];
  const shuffled = fc.shuffledSubarray(fields, { minLength: fields.length });
  const choices = fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 12 });
  return fc.record({
    order: fc.oneof(
      fc.constantFrom(
        ['stream', 'data', 'emitted_at', 'namespace', 'beside'],
        ['namespace', 'stream', 'data', 'emitted_at', 'beside'],
        ['namespace', 'stream', 'emitted_at', 'data', 'beside'],
      ),
      shuffled,
    ),
    rootOrder: fc.oneof(
      { weight: 3, arbitrary: fc.constant(['type', 'record', 'beside']) },
      { weight: 1, arbitrary: fc.shuffledSubarray(['type', 'record', 'beside'], { minLength: 3 }) },
    ),
    spaces: fc.oneof(fc.constant([0]), fc.constant([1]), choices),
    escapedKey: fc.oneof(
      { weight: 5, arbitrary: fc.constant(undefined) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('namespace', 'stream', 'data', 'type', 'record', 'emitted_at'),
      },
    ),
    escapes: fc.oneof({ weight: 4, arbitrary: fc.constant([1]) }, { weight: 1, arbitrary: choices }),
  });
}

function content(streams?: readonly Identity[]): fc.Arbitrary<Content> {
  const type = fc.oneof(
    { weight: 12, arbitrary: fc.constant('RECORD') },
    { weight: 1, arbitrary: fc.constantFrom('STATE', 'RECORDS', 'LOG', '') },
  );
  const beside = fc.dictionary(fc.constantFrom('meta', 'file_reference', 'x', 'typ'), jsonValue(), {
    maxKeys: 2,
  });
  const values = fc.dictionary(fc.constantFrom('log', 'y', 'namespace', 'stream', 'data'), jsonValue(), {
    maxKeys: 1,
  });
  return fc.record({
    type,
    identity: streams === undefined ? identity() : fc.constantFrom(...streams),
    writesNull: fc.boolean(),
    data: fc.oneof({ weight: 12, arbitrary: object(jsonValue()) }, { weight: 1, arbitrary: jsonValue() }),
    emittedAt: fc.constantFrom(1795258828772, 1795258828772.1592, 0, undefined),
    beside,
    inRoot: values,
  });
}

function identity(): fc.Arbitrary<Identity> {
  return fc.record({
    name: text(),
    namespace: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: text() }),
  });
}

function object(value: fc.Arbitrary<unknown>): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const key = fc.oneof(fc.constantFrom('id', 'namespace', 'stream', 'data', 'type', 'record'), text());
  return fc.dictionary(key, value, { maxKeys: 4 });
}

function text(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...trickyTexts) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  );
}

function written(layout: Layout, one: Content): string {
  const { order, rootOrder } = layout;
  const { name, namespace } = one.identity;
  const fields: Record<string, readonly [string, unknown][]> = {
    stream: [['stream', name]],
    namespace: namespace === null && !one.writesNull ? [] : [['namespace', namespace]],
    data: [['data', one.data]],
    emitted_at: one.emittedAt === undefined ? [] : [['emitted_at', one.emittedAt]],
    beside: Object.entries(one.beside),
  };
  const record = new Map(order.flatMap((field) => fields[field] ?? []));
  const root: Record<string, readonly [string, unknown][]> = {
    type: [['type', one.type]],
    record: [['record', record]],
    beside: Object.entries(one.inRoot),
  };
  return writer(layout)(new Map(rootOrder.flatMap((field) => root[field] ?? [])));
}

/** Writes JSON with white space and escapes at the places that the numbers choose, over and over. */
function writer({ spaces, escapes, escapedKey }: Layout): (value: unknown) => string {
  let at = 0;
  const next = (choices: readonly number[]) => {
    at += 1;
    return choices[at % choices.length] ?? 0;
  };
  const isWide = spaces.length === 1 && spaces[0] === 1;
  const space = (isSeparator: boolean) => {
    if (spaces.length === 1) return isWide && isSeparator ? ' ' : '';
    return ['', '', '', ' ', '\t', '\r', '  ', ''][next(spaces)];
  };
  const string = (value: string) => {
    const pieces =
      JSON.stringify(value)
        .slice(1, -1)
        .match(/\\u.{4}|\\.|./gsu) ?? [];
    return `"${pieces.map((piece) => (piece.length === 1 && next(escapes) === 0 ? unicodeEscape(piece) : piece)).join('')}"`;
  };
  const write = (value: unknown): string => {
    if (typeof value === 'string') return string(value);
    if (Array.isArray(value))
      return `[${space(false)}${value.map(write).join(`${space(false)},${space(true)}`)}]`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    // Only the message's own keys are in maps.
    const keyText = (key: string) =>
      value instanceof Map && key === escapedKey ? string(key).replace(/[aeno]/, unicodeEscape) : string(key);
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    const members = entries.map(
      ([key, field]) => `${keyText(String(key))}${space(false)}:${space(true)}${write(field)}`,
    );
    const body = members.join(`${space(false)},${space(true)}`);
    return `${space(false)}{${space(false)}${body}${space(false)}}${space(false)}`;
  };
  return write;
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
