import type { Submittable } from 'pg';
import { SluiceError } from '../../errors.ts';
import type { ResultField } from './values.ts';

/** A statement as the server is given it. */
export interface BoundStatement {
  readonly text: string;
  readonly values: readonly (string | null)[];
}

/** Some rows of a statement, as texts. */
export interface Page {
  readonly fields: readonly ResultField[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly isLast: boolean;
}

/**
 * A statement whose rows are asked for some thousands at a time. Unlike a cursor it takes any statement, and needs no
 * transaction: the server waits between two pages.
 */
export class Portal implements Submittable {
  readonly #statement: BoundStatement;
  readonly #rowsAtOnce: number;
  #wire: Wire | undefined;
  #fields: readonly ResultField[] = [];
  #rows: (readonly (string | null)[])[] = [];
  #waiting: Waiting<Page> | undefined;
  #closing: Waiting<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #hasEnded = false;

  constructor(statement: BoundStatement, rowsAtOnce: number) {
    this.#statement = statement;
    this.#rowsAtOnce = rowsAtOnce;
  }

  /** The next rows. */
  next(): Promise<Page> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure.error);
      this.#waiting = { resolve, reject };
      // Otherwise it is asked for as soon as the statement is sent.
      if (this.#wire !== undefined) this.#ask(this.#wire);
    });
  }

  /** Ends a statement whose rows are not all wanted; the connection then takes the next one. */
  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#wire === undefined || this.#hasEnded) return resolve();
      this.#closing = { resolve, reject };
      this.#wire.close({ type: 'P', name: '' }, true);
      this.#wire.sync();
    });
  }

  submit(connection: unknown): void {
    const wire = wireOf(connection);
    const { text, values } = this.#statement;
    wire.parse({ text, name: '' }, true);
    wire.bind({ values }, true);
    wire.describe({ type: 'P', name: '' }, true);
    this.#wire = wire;
    if (this.#waiting !== undefined) this.#ask(wire);
  }

  handleRowDescription({ fields }: { readonly fields: readonly ResultField[] }): void {
    this.#fields = fields;
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.#rows.push(fields);
  }

  handlePortalSuspended(): void {
    this.#give(false);
  }

  handleCommandComplete(): void {
    this.#wire?.sync();
  }

  handleEmptyQuery(): void {
    this.#wire?.sync();
  }

  handleReadyForQuery(): void {
    this.#hasEnded = true;
    this.#give(true);
    this.#closing?.resolve();
  }

  handleError(error: unknown): void {
    this.#hasEnded = true;
    this.#failure = { error };
    this.#waiting?.reject(error);
    this.#waiting = undefined;
    this.#closing?.reject(error);
    // Until it is told that we know of the error, the server passes over all that comes.
    this.#wire?.sync();
  }

  #ask(wire: Wire): void {
    wire.execute({ portal: '', rows: this.#rowsAtOnce }, true);
    wire.flush();
  }

  #give(isLast: boolean): void {
    const rows = this.#rows;
    this.#rows = [];
    this.#waiting?.resolve({ fields: this.#fields, rows, isLast });
    this.#waiting = undefined;
  }
}

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** What is used of pg's connection: one method a message of the protocol. */
interface Wire {
  parse(message: { readonly text: string; readonly name: string }, more: boolean): void;
  bind(message: { readonly values: readonly (string | null)[] }, more: boolean): void;
  describe(message: { readonly type: 'P'; readonly name: string }, more: boolean): void;
  execute(message: { readonly portal: string; readonly rows: number }, more: boolean): void;
  close(message: { readonly type: 'P'; readonly name: string }, more: boolean): void;
  flush(): void;
  sync(): void;
}

const messages = ['parse', 'bind', 'describe', 'execute', 'close', 'flush', 'sync'] as const;

function wireOf(connection: unknown): Wire {
  if (isWire(connection)) return connection;
  throw new SluiceError('this version of pg has no connection that takes messages');
}

function isWire(connection: unknown): connection is Wire {
  return messages.every((name) => typeof Reflect.get(Object(connection), name) === 'function');
}
