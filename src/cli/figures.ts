/** A whole number with its thousands apart: `1,234,567`. The same in every locale, so that output can be compared. */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A number of things: `1 record`, `2 records`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** An amount of bytes in three digits: `812 B`, `4.1 MB`. */
export function bytes(value: number): string {
  let amount = value;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  const digits = unit === 0 || amount >= 99.95 ? 0 : 1;
  return `${amount.toFixed(digits)} ${units[unit]}`;
}

/** A span of time as one says it: `0.4 s`, `12.3 s`, `2 min 05 s`, `3 h 07 min`. */
export function duration(ms: number): string {
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(ms / 60_000);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** So many in a span of time, a second; nothing where no time has passed. */
export function perSecond(value: number, ms: number): number {
  return ms > 0 ? (value * 1000) / ms : 0;
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
