/**
 * Dates and times as the protocol writes them, read strictly and written one way: `2024-01-31`, `T` between date and
 * time, no fraction, three digits or six, UTC as `Z`.
 */

/** A date in its one spelling; undefined for anything else. Years before Christ end in ` BC`. */
export function readDate(text: string): string | undefined {
  const match = date.exec(text);
  if (match === null) return undefined;
  const [, year = '', month = '', day = '', era] = match;
  return isDay(Number(year), Number(month), Number(day)) && era === undefined ? text : undefined;
}

/** A timestamp in its one spelling: an instant in UTC, or, without a zone, the time on the wall. */
export function readTimestamp(text: string, withZone: boolean): string | undefined {
  const match = timestamp.exec(text);
  if (match === null) return undefined;
  const [, day = '', clock = '', fraction = '', zone] = match;
  if (readDate(day) === undefined || !isClock(clock) || (!withZone && zone !== undefined)) return undefined;
  const minutes = offsetMinutes(zone);
  const digits = fractionDigits(fraction);
  if (minutes === undefined || digits === undefined) return undefined;
  const local = new Date(`${day}T${clock}Z`).getTime();
  const utc = new Date(local - minutes * 60_000);
  const year = utc.getUTCFullYear();
  if (Number.isNaN(local) || year < 1 || year > 9999) return undefined;
  return `${utc.toISOString().slice(0, 19)}${digits}${withZone ? 'Z' : ''}`;
}

/** A time of day in its one spelling; with a zone it keeps its offset, `Z` for none. */
export function readTime(text: string, withZone: boolean): string | undefined {
  const match = time.exec(text);
  if (match === null) return undefined;
  const [, clock = '', fraction = '', zone] = match;
  const digits = fractionDigits(fraction);
  const minutes = offsetMinutes(zone);
  if (!isClock(clock) || digits === undefined || minutes === undefined) return undefined;
  if (!withZone) return zone === undefined ? `${clock}${digits}` : undefined;
  return `${clock}${digits}${offsetText(minutes)}`;
}

/** An instant, given in microseconds since 1970, in its one spelling. */
export function writeTimestamp(micros: bigint, zone: string): string {
  const seconds = micros >= 0n ? micros / 1_000_000n : -((-micros + 999_999n) / 1_000_000n);
  const rest = micros - seconds * 1_000_000n;
  const whole = new Date(Number(seconds) * 1000);
  if (Number.isNaN(whole.getTime())) return String(micros);
  return `${whole.toISOString().slice(0, -5)}${writeFraction(Number(rest))}${zone}`;
}

/** A time of day, given in microseconds since midnight. */
export function writeTime(micros: bigint, zone: string): string {
  const all = Number(micros);
  const parts = [
    Math.floor(all / 3_600_000_000),
    Math.floor(all / 60_000_000) % 60,
    Math.floor(all / 1_000_000) % 60,
  ];
  const clock = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return `${clock}${writeFraction(all % 1_000_000)}${zone}`;
}

/** An offset from UTC as the protocol writes it. */
export function offsetText(minutes: number): string {
  if (minutes === 0) return 'Z';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const clock = [hours, rest].map((part) => String(part).padStart(2, '0')).join(':');
  return `${minutes < 0 ? '-' : '+'}${clock}`;
}

function writeFraction(micros: number): string {
  if (micros === 0) return '';
  return micros % 1000 === 0
    ? `.${String(micros / 1000).padStart(3, '0')}`
    : `.${String(micros).padStart(6, '0')}`;
}

const date = /^(\d{4})-(\d\d)-(\d\d)( BC)?$/;
const timestamp = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(\.\d+)? ?(Z|z|[+-]\d\d(?::?\d\d)?)?$/;
const time = /^(\d\d:\d\d:\d\d)(\.\d+)?(Z|z|[+-]\d\d(?::?\d\d)?)?$/;

function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

function isClock(clock: string): boolean {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  return hours < 24 && minutes < 60 && seconds < 60;
}

/** Undefined for digits beyond a microsecond, which would be lost. */
function fractionDigits(fraction: string): string | undefined {
  if (/[1-9]/.test(fraction.slice(7))) return undefined;
  return writeFraction(Number(fraction.slice(1, 7).padEnd(6, '0')));
}

function offsetMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', ''));
  if (hours > 15 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
