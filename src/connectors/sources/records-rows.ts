import { InputError } from '../../errors.ts';

/** Where rows come from: anything that can be iterated, or a function that gives it anew for each read. */
export type Rows = RowIterable | (() => RowIterable | Promise<RowIterable>);
type RowIterable = Iterable<unknown> | AsyncIterable<unknown>;

/** Rows that can be looked at before they are read. */
export interface RowSource {
  /** The first rows. Nothing is taken away by looking. */
  peek(count: number): Promise<readonly unknown[]>;
  open(): Promise<RowIterable>;
}

export function rowSource(name: string, rows: Rows): RowSource {
  if (typeof rows === 'function') {
    return anew(async () => iterable(name, await rows()));
  }
  const source = iterable(name, rows);
  return isOneShot(source) ? once(name, source) : anew(async () => source);
}

/** Rows that can be read again and again. */
function anew(open: () => Promise<RowIterable>): RowSource {
  return {
    async peek(count) {
      const first: unknown[] = [];
      if (count > 0) {
        for await (const row of await open()) {
          first.push(row);
          if (first.length === count) break;
        }
      }
      return first;
    },
    open,
  };
}

/** Rows that are gone once they have been read. What was looked at is kept for the read. */
function once(name: string, source: RowIterable): RowSource {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let first: Promise<readonly unknown[]> | undefined;
  let isRead = false;

  async function take(count: number): Promise<readonly unknown[]> {
    const taken: unknown[] = [];
    while (taken.length < count) {
      const step = await iterator.next();
      if (step.done === true) break;
      taken.push(step.value);
    }
    return taken;
  }

  async function* rest(): AsyncGenerator<unknown> {
    try {
      yield* (await first) ?? [];
      for (let step = await iterator.next(); step.done !== true; step = await iterator.next())
        yield step.value;
    } finally {
      await iterator.return?.();
    }
  }

  function demandUnread(): void {
    if (!isRead) return;
    throw new InputError(`records "${name}": its rows have been read, and can be read only once`, {
      guidance: 'Give an array, or a function that returns the rows anew.',
    });
  }

  return {
    async peek(count) {
      if (first === undefined) demandUnread();
      first ??= take(count);
      return first;
    },
    async open() {
      demandUnread();
      isRead = true;
      return rest();
    },
  };
}

/** A map's entries become `{ key, value }`. */
function iterable(name: string, rows: unknown): RowIterable {
  if (rows instanceof Map) return Array.from(rows, ([key, value]) => ({ key, value }));
  if (typeof rows === 'object' && rows !== null && isIterable(rows)) return rows;
  throw new InputError(`records "${name}": ${described(rows)} is not a collection of rows`, {
    guidance: 'Give an array, an iterable, an async iterable, or a function that returns one.',
  });
}

function isIterable(value: object): value is RowIterable {
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

/** Iterators, generators and streams are used up by reading. */
function isOneShot(rows: RowIterable): boolean {
  return 'next' in rows || 'pipe' in rows || 'getReader' in rows;
}

function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'an object that cannot be iterated' : `a ${typeof value}`;
}
