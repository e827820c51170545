import type { WriteResult } from '../protocol/result.ts';
import { bytes, count, counted, duration, perSecond } from './figures.ts';
import type { Palette } from './palette.ts';
import { pad, printable, textWidth } from './terminal.ts';

/** The last line of a write that went well. */
export function renderResult(result: WriteResult, palette: Palette): string {
  const { records, durationMs, states } = result;
  const saved = states > 0 ? `; ${counted(states, 'state')} saved` : '';
  const rejected = records.rejected > 0 ? `, ${count(records.rejected)} rejected` : '';
  if (records.read === 0) {
    const streams = counted(Object.keys(result.streams).length, 'stream');
    return `${palette.green('✓')} nothing new in ${streams} (${duration(durationMs)})`;
  }
  const speed = `${count(perSecond(records.read, durationMs))}/s, ${bytes(perSecond(result.bytes, durationMs))}/s`;
  return `${palette.green('✓')} ${counted(records.confirmed, 'record')} confirmed${rejected} in ${duration(durationMs)} (${speed})${saved}`;
}

/** A line for each stream, for output that had no live rows. */
export function renderStreamResults(result: WriteResult): readonly string[] {
  const streams = Object.entries(result.streams);
  if (streams.length < 2 || result.records.read === 0) return [];
  const shown = streams.slice(0, mostStreams);
  const nameWidth = Math.max(...shown.map(([label]) => textWidth(printable(label))));
  const countWidth = Math.max(...shown.map(([, { confirmed }]) => count(confirmed).length));
  const lines = shown.map(([label, { confirmed, rejected }]) => {
    const more = rejected > 0 ? `, ${count(rejected)} rejected` : '';
    return `  ${pad(printable(label), nameWidth)}  ${count(confirmed).padStart(countWidth)} confirmed${more}`;
  });
  return streams.length > mostStreams
    ? [...lines, `  and ${counted(streams.length - mostStreams, 'more stream')}`]
    : lines;
}

/** What remains of a write that ended early. */
export function renderKept({ records, states }: WriteResult): string {
  if (states > 0) {
    return `kept: ${counted(records.confirmed, 'record')} confirmed and ${counted(states, 'state')} saved; the next run goes on from there`;
  }
  if (records.read === 0) return 'nothing had been read';
  return `nothing to go on from: ${counted(records.read, 'record')} read, but no state saved; the next run starts from where this one did`;
}

const mostStreams = 20;
