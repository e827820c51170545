import { bytes, count, counted, duration } from './figures.ts';
import type { Palette } from './palette.ts';
import { mostlyWaitingFor, type ProgressView, type StreamView, speed } from './progress-view.ts';
import { pad, printable, textWidth, truncate } from './terminal.ts';

interface Frame {
  readonly elapsedMs: number;
  readonly width: number;
  readonly height: number;
  readonly palette: Palette;
}

/** One frame of the live display: a line about the whole, then a row for each stream, as many as the terminal has room for. */
export function renderFrame(view: ProgressView, { elapsedMs, width, height, palette }: Frame): string {
  const head = headline(view, elapsedMs, width, palette);
  if (view.streams.length === 0) return head;
  const shown = mostInteresting(view.streams, Math.max(1, height - linesAround));
  const table = renderTable(view, shown, width, palette);
  const hidden = view.streams.filter((stream) => !shown.includes(stream));
  return [head, '', ...table, ...(hidden.length > 0 ? [palette.dim(summarise(hidden))] : [])].join('\n');
}

/** One line about a running write, for logs and pipes. */
export function renderLine(view: ProgressView, elapsedMs: number): string {
  const now = speed(view);
  const waiting = mostlyWaitingFor(view);
  return [
    duration(elapsedMs).padStart(9),
    `${count(sum(view.streams, 'read'))} read`,
    `${count(sum(view.streams, 'confirmed'))} confirmed`,
    `${count(now.records)}/s`,
    `${bytes(now.bytes)}/s`,
    ...(waiting === undefined ? [] : [waitingTexts[waiting]]),
  ].join('  ');
}

// Head, blank line, titles, total, the line about hidden streams, and the line on which the cursor rests.
const linesAround = 6;

const waitingTexts = {
  source: 'waiting for the source',
  destination: 'waiting for the destination',
  confirmation: 'waiting for confirmation',
  end: 'all confirmed, waiting for the destination to end',
} as const;

function headline(view: ProgressView, elapsedMs: number, width: number, palette: Palette): string {
  const waiting = mostlyWaitingFor(view);
  const clock = duration(elapsedMs);
  const note = waiting === undefined ? (view.isStarted ? '' : view.doing) : waitingTexts[waiting];
  const ends = `${printable(view.source)} → ${printable(view.destination)}`;
  const room = width - textWidth(clock) - 3;
  const shownEnds = truncate(ends, room);
  const left = room - textWidth(shownEnds) - 3;
  const shownNote = note === '' || left < shortestNote ? [] : [palette.dim(truncate(note, left))];
  return [palette.bold(shownEnds), clock, ...shownNote].join('   ');
}

const shortestNote = 20;

interface Column {
  readonly title: string;
  /** Columns of higher rank go first when the terminal is narrow. */
  readonly rank: number;
  /** The least width; figures grow while one looks, and room for a million keeps the columns where they are. */
  readonly width?: number;
  cell(stream: StreamView): string;
  total(): string;
}

function renderTable(
  view: ProgressView,
  shown: readonly StreamView[],
  width: number,
  palette: Palette,
): string[] {
  const { streams } = view;
  const isRunning = view.recent.length > 0;
  const columns: readonly Column[] = [
    {
      title: 'read',
      rank: 0,
      cell: (stream) => count(stream.read),
      total: () => count(sum(streams, 'read')),
    },
    ...(isRunning && streams.some((stream) => stream.expected !== undefined) ? [expectedColumn] : []),
    {
      title: 'confirmed',
      rank: 1,
      cell: (stream) => count(stream.confirmed),
      total: () => count(sum(streams, 'confirmed')),
    },
    ...(isRunning ? speedColumns(view) : [volumeColumn(view)]),
  ];
  const names = shown.map((stream) => printable(stream.label));
  const titleWidth = Math.max(6, ...names.map(textWidth));
  const fitting = fitColumns(columns, shown, Math.min(titleWidth, 24), width);
  const room = width - markWidth - fitting.reduce((taken, { width: own }) => taken + own + gap, 0);
  const nameWidth = Math.max(6, Math.min(titleWidth, room));
  const line = (mark: string, name: string, cells: readonly string[]) =>
    [
      `${mark} ${pad(name, nameWidth)}`,
      ...cells.map((cell, index) => pad(cell, fitting[index]?.width ?? 0, 'right')),
    ]
      .join(' '.repeat(gap))
      .trimEnd();
  const rows = shown.map((stream, index) =>
    line(
      mark(stream, palette),
      truncate(names[index] ?? '', nameWidth),
      fitting.map(({ column }) => column.cell(stream)),
    ),
  );
  const titles = palette.dim(
    line(
      ' ',
      '',
      fitting.map(({ column }) => column.title),
    ),
  );
  const totals = palette.dim(
    line(
      ' ',
      'total',
      fitting.map(({ column }) => column.total()),
    ),
  );
  return [titles, ...rows, ...(streams.length > 1 ? [totals] : [])];
}

const expectedColumn: Column = {
  title: 'of',
  rank: 2,
  width: 5,
  cell: ({ read, expected }) =>
    expected === undefined || expected <= 0 ? '' : `${Math.min(100, Math.floor((read * 100) / expected))} %`,
  total: () => '',
};

function speedColumns(view: ProgressView): readonly Column[] {
  const perSecond = (value: number, text: string) => (value > 0 ? `${text}/s` : '');
  const records = (label?: string) => speed(view, label).records;
  const volume = (label?: string) => speed(view, label).bytes;
  return [
    {
      title: 'rate',
      rank: 3,
      cell: ({ label }) => perSecond(records(label), count(records(label))),
      total: () => perSecond(records(), count(records())),
    },
    {
      title: 'volume',
      rank: 4,
      cell: ({ label }) => perSecond(volume(label), bytes(volume(label))),
      total: () => perSecond(volume(), bytes(volume())),
    },
  ];
}

function volumeColumn(view: ProgressView): Column {
  return {
    title: 'volume',
    rank: 3,
    cell: (stream) => bytes(stream.bytes),
    total: () => bytes(view.bytes),
  };
}

interface Fitting {
  readonly column: Column;
  readonly width: number;
}

function fitColumns(
  columns: readonly Column[],
  shown: readonly StreamView[],
  nameWidth: number,
  width: number,
): readonly Fitting[] {
  const measured = columns.map((column) => ({
    column,
    width: Math.max(
      column.width ?? minimalWidth,
      column.title.length,
      column.total().length,
      ...shown.map((one) => column.cell(one).length),
    ),
  }));
  const taken = markWidth + nameWidth + measured.reduce((sum, one) => sum + one.width + gap, 0);
  if (taken <= width || measured.length <= 1) return measured;
  const leastNeeded = Math.max(...columns.map((column) => column.rank));
  return fitColumns(
    columns.filter((column) => column.rank < leastNeeded),
    shown,
    nameWidth,
    width,
  );
}

const markWidth = 2;
const minimalWidth = 9;
const gap = 2;

function mark({ status, read }: StreamView, palette: Palette): string {
  if (status === 'COMPLETE') return palette.green('✓');
  if (status === 'INCOMPLETE') return palette.red('✗');
  return status === undefined && read === 0 ? palette.dim('·') : palette.cyan('›');
}

/** Running streams first, then broken ones, then those that wait, then those that are done; shown in the catalog's order. */
function mostInteresting(streams: readonly StreamView[], room: number): readonly StreamView[] {
  if (streams.length <= room) return streams;
  const chosen = new Set(streams.toSorted((a, b) => interest(a) - interest(b)).slice(0, room));
  return streams.filter((stream) => chosen.has(stream));
}

function interest({ status, read }: StreamView): number {
  if (status === 'COMPLETE') return 3;
  if (status === 'INCOMPLETE') return 1;
  return status === undefined && read === 0 ? 2 : 0;
}

function summarise(hidden: readonly StreamView[]): string {
  const groups = ['running', 'incomplete', 'not begun', 'complete'].map((name, rank) => ({
    name,
    number: hidden.filter((stream) => interest(stream) === rank).length,
  }));
  const parts = groups.filter(({ number }) => number > 0).map(({ name, number }) => `${number} ${name}`);
  return `  and ${counted(hidden.length, 'more stream')}: ${parts.join(', ')}`;
}

function sum(streams: readonly StreamView[], figure: 'read' | 'confirmed'): number {
  return streams.reduce((total, stream) => total + stream[figure], 0);
}
