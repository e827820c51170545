import { LosslessNumber } from 'lossless-json';

/** What a plain object or array forgets of the text that it was parsed from. */
export interface Spelling {
  /** By key or index: the number as it was spelled, and the value that it became. */
  readonly numbers: Map<string, { readonly token: string; readonly value: unknown }>;
  /** All keys in their order, where an object would put integer-like ones first. */
  keys?: readonly string[];
}

/** The spelling of an object or array that came from `annotate`; lost by copies, and then numbers are written plainly. */
export function spellingOf(value: object): Spelling | undefined {
  return spellings.get(value);
}

/**
 * Whether JSON.parse and JSON.stringify keep every number and the order of keys of this text, which is valid. Right
 * whenever it says yes; it says no to some keys that it would have to unescape.
 */
export function keepsSpelling(text: string): boolean {
  const first = text.charCodeAt(0);
  if (first !== openBrace && first !== openBracket) return false;
  for (let at = 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const end = stringEnd(text, at);
      if (mayBeInteger(text, at + 1, end - 1) && isKeyEnd(text, end)) return false;
      at = end - 1;
    } else if (code === minus || isDigit(code)) {
      const end = numberEnd(text, at);
      const isShort = code !== minus && end - at < 16 && digitsEnd(text, at, end) === end;
      if (!isShort && !isPlainNumber(text.slice(at, end))) return false;
      at = end - 1;
    }
  }
  return true;
}

/** Whether a key of this text, which is valid, is written with an escape. */
export function hasEscapedKey(text: string): boolean {
  let backslashAt = text.indexOf('\\');
  for (let at = text.indexOf('"'); at >= 0 && backslashAt >= 0; ) {
    const end = stringEnd(text, at);
    if (backslashAt < end) {
      if (isKeyEnd(text, end)) return true;
      backslashAt = text.indexOf('\\', end);
    }
    at = text.indexOf('"', end);
  }
  return false;
}

/**
 * Goes over the text of a value once more, puts what `numberOf` says where a double has lost something, and notes how
 * numbers were spelled and keys ordered. The text has been parsed, so it is valid.
 */
export function annotate(text: string, root: unknown, numberOf: (token: string) => unknown): unknown {
  if (typeof root === 'number') return numberOf(text.trim());
  if (typeof root !== 'object' || root === null) return root;
  const open: Container[] = [];
  let container: Container | undefined;
  let isKey = false;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const end = stringEnd(text, at);
      if (isKey && container !== undefined) {
        container.key = JSON.parse(text.slice(at, end)) as string;
        container.keys.push(container.key);
        isKey = false;
      }
      at = end;
    } else if (code === openBrace || code === openBracket) {
      const inner: unknown = container === undefined ? root : childOf(container);
      if (container !== undefined) open.push(container);
      container = { value: asObject(inner), isArray: code === openBracket, key: '0', index: 0, keys: [] };
      isKey = code === openBrace;
      at += 1;
    } else if (code === closeBrace || code === closeBracket) {
      if (container !== undefined && !container.isArray) keepOrder(container);
      container = open.pop();
      isKey = false;
      at += 1;
    } else if (code === comma) {
      if (container?.isArray) {
        container.index += 1;
        container.key = String(container.index);
      } else isKey = true;
      at += 1;
    } else if (code === minus || isDigit(code)) {
      const token = text.slice(at, numberEnd(text, at));
      if (container !== undefined) keepNumber(container, token, numberOf);
      at += token.length;
    } else at += 1;
  }
  return root;
}

/** A number as JavaScript holds it without losing anything of its value. */
export function exactNumber(token: string): number | bigint | LosslessNumber {
  const value = Number(token);
  const isInteger = integer.test(token);
  if (isInteger && !Number.isSafeInteger(value)) return BigInt(token);
  if (isInteger || sameDecimal(token, String(value))) return value;
  return new LosslessNumber(token);
}

const spellings = new WeakMap<object, Spelling>();

const quote = 0x22;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const space = 0x20;
const minus = 0x2d;
const plus = 0x2b;
const point = 0x2e;
const exponent = 0x65;
const zero = 0x30;
const nine = 0x39;

const integer = /^-?\d+$/;

interface Container {
  readonly value: Record<string, unknown> | undefined;
  readonly isArray: boolean;
  key: string;
  index: number;
  readonly keys: string[];
}

function isPlainNumber(token: string): boolean {
  const value = Number(token);
  return String(value) === token && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

/** The place behind the closing quote of the string that opens at `at`. */
function stringEnd(text: string, at: number): number {
  let next = at + 1;
  for (let code = text.charCodeAt(next); code !== quote; code = text.charCodeAt(next)) {
    next += code === backslash ? 2 : 1;
  }
  return next + 1;
}

function numberEnd(text: string, at: number): number {
  let next = at + 1;
  while (isNumberPart(text.charCodeAt(next))) next += 1;
  return next;
}

function digitsEnd(text: string, at: number, end: number): number {
  let next = at;
  while (next < end && isDigit(text.charCodeAt(next))) next += 1;
  return next;
}

/** Whether a string, unescaped, may consist of digits: such keys JavaScript puts before all others. */
function mayBeInteger(text: string, start: number, end: number): boolean {
  const next = digitsEnd(text, start, end);
  return next === end ? end > start : text.charCodeAt(next) === backslash;
}

function isKeyEnd(text: string, at: number): boolean {
  let next = at;
  while (text.charCodeAt(next) <= space) next += 1;
  return text.charCodeAt(next) === colon;
}

function isDigit(code: number): boolean {
  return code >= zero && code <= nine;
}

function isNumberPart(code: number): boolean {
  return isDigit(code) || code === point || code === minus || code === plus || (code | 0x20) === exponent;
}

function childOf({ value, key }: Container): unknown {
  return value !== undefined && Object.hasOwn(value, key) ? value[key] : undefined;
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

/** Where a key is given twice, the last one is what was parsed; the check against the value sees to that. */
function keepNumber(container: Container, token: string, numberOf: (token: string) => unknown): void {
  const { value: target, key } = container;
  if (target === undefined) return;
  const noted = spellings.get(target)?.numbers.get(key);
  if (noted === undefined && isPlainNumber(token)) return;
  const parsed = childOf(container);
  if (noted === undefined && !Object.is(parsed, Number(token))) return;
  const value = numberOf(token);
  if (!Object.is(parsed, value)) {
    Object.defineProperty(target, key, { value, configurable: true, enumerable: true, writable: true });
  }
  spelling(target).numbers.set(key, { token, value });
}

function keepOrder({ value, keys }: Container): void {
  if (value === undefined || Array.isArray(value)) return;
  const unique = [...new Set(keys)];
  const own = Object.keys(value);
  if (unique.length !== own.length || unique.every((key, index) => key === own[index])) return;
  spelling(value).keys = unique;
}

function spelling(value: object): Spelling {
  const existing = spellings.get(value);
  if (existing !== undefined) return existing;
  const fresh: Spelling = { numbers: new Map() };
  spellings.set(value, fresh);
  return fresh;
}

/** Whether two spellings are the same decimal number. */
export function sameDecimal(a: string, b: string): boolean {
  return canonical(a) === canonical(b);
}

/** Digits without zeros at either end, and the power of ten of the last: `10.50` is `105e-1`. */
function canonical(token: string): string {
  const match = decimal.exec(token);
  if (match === null) return token;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

const decimal = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
