import type { Warning } from '../protocol/result.ts';
import { printable } from './terminal.ts';

/** Shows each warning once. Those that come together and say the same of several streams become one line. */
export interface Warnings {
  add(warning: Warning): void;
  /** Shows at once what has come. */
  flush(): void;
}

export function openWarnings(show: (line: string) => void): Warnings {
  const seen = new Set<string>();
  let waiting: Warning[] = [];
  let soon: NodeJS.Immediate | undefined;
  const flush = () => {
    clearImmediate(soon);
    soon = undefined;
    const shown = waiting;
    waiting = [];
    for (const line of renderWarnings(shown)) show(line);
  };
  return {
    add(warning) {
      const identity = `${warning.stream ?? ''} ${warning.message}`;
      if (seen.has(identity)) return;
      seen.add(identity);
      waiting.push(warning);
      soon ??= setImmediate(flush);
    },
    flush,
  };
}

/** A line for each different warning: the first of its kind in its own words, then the other streams it is about. */
export function renderWarnings(warnings: readonly Warning[]): readonly string[] {
  const kinds = new Map<string, Warning[]>();
  for (const warning of warnings) {
    const { code, message, stream } = warning;
    const kind = `${code} ${stream === undefined ? message : message.replace(wholeName(stream), '')}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), warning]);
  }
  return [...kinds.values()].map(([first, ...others]) => {
    if (first === undefined) return '';
    const { message, stream } = first;
    const about = stream === undefined || message.search(wholeName(stream)) >= 0 ? '' : `${stream}: `;
    const more = others.length === 0 ? '' : ` (the same: ${abridged(others.map((one) => one.stream ?? ''))})`;
    return printable(`${about}${message}${more}`);
  });
}

/** A stream's label where it stands by itself, not as a part of a longer word. */
function wholeName(label: string): RegExp {
  return new RegExp(`(?<![\\w.])${label.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')}(?!\\w)`, 'gu');
}

function abridged(labels: readonly string[]): string {
  const shown = labels.slice(0, mostNamed).join(', ');
  return labels.length > mostNamed ? `${shown} and ${labels.length - mostNamed} more` : shown;
}

const mostNamed = 5;
