import type { SyncEvent } from '../protocol/events.ts';
import type { LogEntry } from '../protocol/log.ts';
import type { Warning, WriteResult } from '../protocol/result.ts';
import { counted } from './figures.ts';
import { type Ends, inFlags } from './library-words.ts';
import { type Palette, palette } from './palette.ts';
import { advance, emptyView, type ProgressView } from './progress-view.ts';
import { renderFrame, renderLine } from './render-progress.ts';
import { renderResult, renderStreamResults } from './render-summary.ts';
import { printable, wantsColour, wantsLive } from './terminal.ts';
import { openWarnings } from './warnings.ts';

interface ReporterOptions {
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
  /** Whether something else writes to the same terminal, so that nothing may be redrawn there. */
  readonly isShared?: boolean;
  /** Of the command. */
  readonly ends?: Ends;
  readonly stream?: NodeJS.WriteStream;
}

/** Tells people on stderr how a command is getting on. */
export interface Reporter {
  readonly palette: Palette;
  /** A write is being prepared: connectors are found, installed, asked for their streams. */
  begin(source: string, destination: string): void;
  /** What a write tells of itself. */
  onEvent(event: SyncEvent): void;
  /** What a connector logs; shown with `--verbose`. */
  log(entry: LogEntry): void;
  /** A line that stays, above a live display. */
  say(line: string): void;
  /** The same, unless `--quiet`. */
  note(line: string): void;
  /** The end of a write that went well. */
  finish(result: WriteResult): void;
  /** Ends the display as it is, before an error is shown. */
  close(): void;
}

export async function openReporter({
  quiet = false,
  verbose = false,
  isShared = false,
  ends = 'one',
  stream = process.stderr,
}: ReporterOptions): Promise<Reporter> {
  // A terminal that has gone away is no reason to stop the work.
  stream.on('error', () => {});
  const colours = palette(wantsColour(stream));
  const live = !quiet && !isShared && wantsLive(stream) ? await openLive(stream, colours) : undefined;
  const say = (line: string) => (live === undefined ? stream.write(`${line}\n`) : live.above(line));
  const warningLine = (line: string) => `${colours.yellow('warning:')} ${line}`;
  const warnings = openWarnings((line) => say(warningLine(line)));
  const log = (entry: LogEntry) => {
    if (verbose) say(renderLog(entry, colours, ends));
    else if (entry.isNotice === true) notice(entry);
    else if (isOwnWarning(entry)) say(warningLine(printable(entry.message)));
  };
  /** An installation takes minutes, in which nothing else is to be seen. */
  const notice = ({ connector, message }: LogEntry) => {
    const line = printable(`${connector ?? 'sluice'}: ${message}`);
    if (live !== undefined && beganAt !== undefined && !view.isStarted) {
      live.show({ ...view, doing: line, elapsedMs: performance.now() - beganAt });
    } else if (!quiet) say(line);
  };
  const plain = quiet || live !== undefined ? undefined : openPlain(say);
  let view = emptyView;
  let beganAt: number | undefined;
  return {
    palette: colours,
    begin(source, destination) {
      view = { ...emptyView, source, destination };
      beganAt = performance.now();
      live?.show(view);
    },
    onEvent(event) {
      if (event.type === 'log') return log(event.entry);
      if (event.type === 'warning') return warnings.add(event.warning);
      view = advance(view, event);
      live?.show(view);
      plain?.onEvent(event, view);
    },
    log(entry) {
      log(entry);
      // In a write these come as warnings, once each; nobody else tells of them.
      if (!verbose && entry.code !== undefined) warnings.add(warningIn(entry, entry.code));
    },
    say,
    note: (line) => {
      if (!quiet) say(line);
    },
    finish(result) {
      plain?.close();
      live?.close(Object.keys(result.streams).length > 1 || result.records.read > 0);
      for (const warning of result.warnings) warnings.add(warning);
      warnings.flush();
      if (quiet) return;
      say(renderResult(result, colours));
      if (live === undefined) for (const line of renderStreamResults(result)) say(line);
    },
    close() {
      plain?.close();
      live?.close(true);
      warnings.flush();
    },
  };
}

function warningIn({ connector, message }: LogEntry, code: Warning['code']): Warning {
  return { code, message: `${connector ?? 'sluice'}: ${message.slice(0, 300)}` };
}

/** What Sluice itself warns of, beside what it gives a code. */
function isOwnWarning({ level, connector, code }: LogEntry): boolean {
  return level === 'WARN' && connector === undefined && code === undefined;
}

/** A log line of a connector: `source-faker INFO reading users`. */
export function renderLog(
  { connector, level, message, stackTrace }: LogEntry,
  colours: Palette,
  ends: Ends = 'one',
): string {
  const said = connector === undefined ? inFlags(message, ends, message) : message.trimEnd();
  const text = `${connector ?? 'sluice'} ${level} ${said}`;
  return colours.dim(printable(stackTrace === undefined ? text : `${text}\n${stackTrace.trimEnd()}`));
}

interface Live {
  show(view: ProgressView): void;
  above(line: string): void;
  /** Leaves the rows where they are, or takes them away. */
  close(keepRows: boolean): void;
}

const frameMs = 250;

async function openLive(stream: NodeJS.WriteStream, colours: Palette): Promise<Live> {
  const { createLogUpdate } = await import('log-update');
  const screen = createLogUpdate(stream);
  let view: ProgressView | undefined;
  let receivedAt = performance.now();
  const size = () => ({ width: stream.columns || 80, height: stream.rows || 24, palette: colours });
  const draw = () => {
    if (view === undefined) return;
    const elapsedMs = view.elapsedMs + performance.now() - receivedAt;
    screen(renderFrame(view, { ...size(), elapsedMs }));
  };
  const timer = setInterval(draw, frameMs);
  timer.unref();
  // However the process ends, the cursor comes back.
  process.once('exit', () => screen.done());
  return {
    show(next) {
      const isFirst = view === undefined;
      view = next;
      receivedAt = performance.now();
      if (isFirst) draw();
    },
    above(line) {
      if (view === undefined) stream.write(`${line}\n`);
      else {
        screen.persist(line);
        draw();
      }
    },
    close(keepRows) {
      clearInterval(timer);
      if (view === undefined) return;
      screen.clear();
      if (keepRows && view.streams.length > 0)
        screen.persist(renderFrame(view, { ...size(), elapsedMs: view.elapsedMs }));
      screen.done();
      view = undefined;
    },
  };
}

interface Plain {
  onEvent(event: SyncEvent, view: ProgressView): void;
  close(): void;
}

const lineMs = 10_000;

/** Lines for logs and pipes: one at the start, then one every ten seconds. */
function openPlain(say: (line: string) => void): Plain {
  let view: ProgressView | undefined;
  let receivedAt = performance.now();
  const timer = setInterval(() => {
    if (view !== undefined) say(renderLine(view, view.elapsedMs + performance.now() - receivedAt));
  }, lineMs);
  timer.unref();
  return {
    onEvent(event, next) {
      view = next;
      receivedAt = performance.now();
      if (event.type === 'started') {
        const { source, destination, streams } = event;
        say(`${printable(source)} → ${printable(destination)}: ${counted(streams.length, 'stream')}`);
      }
    },
    close: () => clearInterval(timer),
  };
}
