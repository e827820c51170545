import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainPalette } from '../../src/cli/palette.ts';
import { advance, emptyView, type ProgressView } from '../../src/cli/progress-view.ts';
import { errorDocument, renderError } from '../../src/cli/render-error.ts';
import { renderFrame, renderLine } from '../../src/cli/render-progress.ts';
import { renderKept, renderResult, renderStreamResults } from '../../src/cli/render-summary.ts';
import { printable, textWidth } from '../../src/cli/terminal.ts';
import { ConfigInvalidError, ConnectorFailedError, StoppedError } from '../../src/errors.ts';
import type { SyncEvent } from '../../src/protocol/events.ts';
import { stringifyLossless } from '../../src/protocol/lossless-json.ts';
import type { StreamResult, WriteResult } from '../../src/protocol/result.ts';

const palette = plainPalette;

function viewOf(...events: readonly SyncEvent[]): ProgressView {
  return events.reduce(advance, emptyView);
}

function started(...streams: readonly string[]): SyncEvent {
  return {
    type: 'started',
    connection: 'c',
    syncId: 1,
    source: 'source-faker',
    destination: 'destination-jsonl',
    streams,
  };
}

type Figures = Readonly<Record<string, readonly [read: number, confirmed: number, bytes: number]>>;

function progress(
  elapsedMs: number,
  figures: Figures,
  waitingFor: 'source' | 'destination' = 'source',
): SyncEvent {
  const streams = Object.fromEntries(
    Object.entries(figures).map(([label, [read, confirmed, size]]) => [
      label,
      { read, confirmed, bytes: size, status: undefined },
    ]),
  );
  const total = Object.values(figures).reduce((sum, [, , size]) => sum + size, 0);
  return { type: 'progress', progress: { elapsedMs, bytes: total, streams, waitingFor } };
}

function result(streams: Readonly<Record<string, number>>, more: Partial<WriteResult> = {}): WriteResult {
  const records = Object.values(streams).reduce((sum, number) => sum + number, 0);
  return {
    connection: 'c',
    records: { read: records, confirmed: records, rejected: 0 },
    streams: Object.fromEntries(
      Object.entries(streams).map(([label, number]): [string, StreamResult] => [
        label,
        {
          read: number,
          confirmed: number,
          rejected: 0,
          bytes: number * 400,
          status: 'complete',
          syncMode: 'incremental',
          destinationSyncMode: 'append',
        },
      ]),
    ),
    bytes: records * 400,
    durationMs: 12_300,
    attempts: 1,
    states: 3,
    warnings: [],
    ...more,
  };
}

const running = viewOf(
  started('users', 'products', 'purchases'),
  { type: 'estimate', stream: 'users', records: 2_000_000 },
  progress(1_000, { users: [100_000, 0, 4e7], products: [100, 100, 4e4], purchases: [0, 0, 0] }),
  { type: 'stream_status', stream: 'products', status: 'COMPLETE' },
  { type: 'state_saved', states: 1, streams: ['products'] },
  progress(3_000, { users: [300_000, 200_000, 1.2e8], products: [100, 100, 4e4], purchases: [0, 0, 0] }),
);

describe('the live display', () => {
  it('has a line about the whole and a row for each stream', () => {
    expect(
      `\n${renderFrame(running, { elapsedMs: 3_100, width: 100, height: 24, palette })}`,
    ).toMatchInlineSnapshot(`
      "
      source-faker → destination-jsonl   3.1 s   waiting for the source

                        read     of  confirmed       rate     volume
      › users        300,000   15 %    200,000  100,000/s  40.0 MB/s
      ✓ products         100               100       33/s  13.3 kB/s
      · purchases          0                 0
        total        300,100           200,100  100,033/s  40.0 MB/s"
    `);
  });

  it('drops columns where the terminal is narrow, and stays within it', () => {
    for (const width of [90, 60, 40, 24]) {
      const frame = renderFrame(running, { elapsedMs: 3_100, width, height: 24, palette });
      expect(Math.max(...frame.split('\n').map(textWidth))).toBeLessThanOrEqual(width);
    }
    expect(
      `\n${renderFrame(running, { elapsedMs: 3_100, width: 44, height: 24, palette })}`,
    ).toMatchInlineSnapshot(`
      "
      source-faker → destination-jsonl   3.1 s

                        read     of  confirmed
      › users        300,000   15 %    200,000
      ✓ products         100               100
      · purchases          0                 0
        total        300,100           200,100"
    `);
  });

  it('shows the busy ones of many streams, as many as there is room for', () => {
    const labels = Array.from({ length: 60 }, (_, index) => `stream_${index}`);
    const view = viewOf(
      started(...labels),
      ...labels
        .slice(0, 20)
        .map((stream): SyncEvent => ({ type: 'stream_status', stream, status: 'COMPLETE' })),
      { type: 'stream_status', stream: 'stream_40', status: 'RUNNING' },
    );
    const frame = renderFrame(view, { elapsedMs: 0, width: 80, height: 12, palette });
    expect(frame.split('\n').length).toBeLessThan(12);
    expect(`\n${frame}`).toMatchInlineSnapshot(`
      "
      source-faker → destination-jsonl   0.0 s

                        read  confirmed     volume
      · stream_20          0          0        0 B
      · stream_21          0          0        0 B
      · stream_22          0          0        0 B
      · stream_23          0          0        0 B
      · stream_24          0          0        0 B
      › stream_40          0          0        0 B
        total              0          0        0 B
        and 54 more streams: 34 not begun, 20 complete"
    `);
  });

  it('takes no control characters from names', () => {
    const view = viewOf(started('a\u001b[2Jb\u0007'));
    const frame = renderFrame(view, { elapsedMs: 0, width: 80, height: 24, palette });
    expect(frame).toContain('ab');
    expect(printable(frame)).toBe(frame);
  });

  it('aligns names of wide characters', () => {
    const view = viewOf(started('ユーザー', 'users'));
    const [, , , first = '', second = ''] = renderFrame(view, {
      elapsedMs: 0,
      width: 80,
      height: 24,
      palette,
    }).split('\n');
    expect(textWidth(first)).toBe(textWidth(second));
  });

  it('keeps the rows with their totals at the end', () => {
    const view = advance(running, {
      type: 'finished',
      result: result({ users: 2_000_000, products: 100, purchases: 0 }),
    });
    expect(
      `\n${renderFrame(view, { elapsedMs: 12_300, width: 100, height: 24, palette })}`,
    ).toMatchInlineSnapshot(`
      "
      source-faker → destination-jsonl   12.3 s

                        read  confirmed     volume
      ✓ users      2,000,000  2,000,000     800 MB
      ✓ products         100        100    40.0 kB
      ✓ purchases          0          0        0 B
        total      2,000,100  2,000,100     800 MB"
    `);
  });
});

describe('progress in lines', () => {
  it('tells figures, speed over the last seconds and what is waited for', () => {
    expect(renderLine(running, 10_000)).toMatchInlineSnapshot(
      `"   10.0 s  300,100 read  200,100 confirmed  100,033/s  40.0 MB/s  waiting for the source"`,
    );
  });

  it('says what was waited for most of the time', () => {
    const view = viewOf(
      started('users'),
      progress(250, { users: [1, 0, 1] }, 'destination'),
      progress(500, { users: [2, 0, 2] }, 'destination'),
      progress(750, { users: [3, 0, 3] }, 'destination'),
      progress(1_000, { users: [4, 0, 4] }, 'source'),
    );
    expect(renderLine(view, 1_000)).toContain('waiting for the destination');
  });
});

describe('the end of a write', () => {
  it('is a line, and one for each of several streams', () => {
    const done = result({ users: 2_000_000, products: 100 });
    expect(
      `\n${[renderResult(done, palette), ...renderStreamResults(done)].join('\n')}`,
    ).toMatchInlineSnapshot(`
      "
      ✓ 2,000,100 records confirmed in 12.3 s (162,610/s, 65.0 MB/s); 3 states saved
        users     2,000,000 confirmed
        products        100 confirmed"
    `);
  });

  it('says that there was nothing new', () => {
    const nothing = result({ users: 0 }, { durationMs: 320, states: 1 });
    expect(renderResult(nothing, palette)).toMatchInlineSnapshot(`"✓ nothing new in 1 stream (0.3 s)"`);
  });

  it('counts what was rejected', () => {
    const some = result({ users: 10 }, { records: { read: 10, confirmed: 9, rejected: 1 } });
    expect(renderResult(some, palette)).toContain('9 records confirmed, 1 rejected');
  });

  it('abridges many streams', () => {
    const many = result(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`s${index}`, 1])));
    expect(renderStreamResults(many)).toHaveLength(21);
    expect(renderStreamResults(many).at(-1)).toBe('  and 10 more streams');
  });

  it('says what was kept when it came early', () => {
    expect(renderKept(result({ users: 1_200 }))).toMatchInlineSnapshot(
      `"kept: 1,200 records confirmed and 3 states saved; the next run goes on from there"`,
    );
    expect(renderKept(result({ users: 1_200 }, { states: 0 }))).toMatchInlineSnapshot(
      `"nothing to go on from: 1,200 records read, but no state saved; the next run starts from where this one did"`,
    );
    expect(renderKept(result({ users: 0 }, { states: 0 }))).toMatchInlineSnapshot(`"nothing had been read"`);
  });
});

describe('an error', () => {
  it('is who and what, the last lines of the connector, and what to do next', () => {
    const error = new ConnectorFailedError('source-x: read failed: no route to host (exit code 1)', {
      guidance: 'Its config or its account needs a change: see the message.',
      context: {
        stderr: ['Traceback', 'OSError: no route to host'],
        exitCode: 1,
        log: join(process.cwd(), '.sluice/runs/1.ndjson'),
        also: [{ message: 'destination-y: write failed' }],
      },
    });
    error.result = result({ users: 5 });
    expect(`\n${renderError(error, { palette, showsKept: true })}`).toMatchInlineSnapshot(`
      "
      sluice: source-x: read failed: no route to host (exit code 1)
        | Traceback
        | OSError: no route to host
      also: destination-y: write failed
      kept: 5 records confirmed and 3 states saved; the next run goes on from there
      Its config or its account needs a change: see the message.
      log: .sluice/runs/1.ndjson"
    `);
    expect(renderError(error, { palette, verbose: true })).toContain('exitCode: 1');
  });

  it('lists every fault in a config', () => {
    const error = new ConfigInvalidError('source-faker: the config does not fit', {
      problems: [
        { path: 'count', message: 'must be a number' },
        { path: '', message: 'has an unknown field "sed"' },
      ],
    });
    expect(`\n${renderError(error, { palette })}`).toMatchInlineSnapshot(`
      "
      sluice: source-faker: the config does not fit
        count must be a number
        has an unknown field "sed""
    `);
  });

  it('that nobody foresaw says so, and shows its stack when asked', () => {
    const error = new TypeError('x is not a function');
    expect(`\n${renderError(error, { palette })}`).toMatchInlineSnapshot(`
      "
      sluice: unexpected: x is not a function
      This is a fault in Sluice. Run it again with --verbose to see where it lies."
    `);
    expect(renderError(error, { palette, verbose: true })).toMatch(/at .*rendering\.test\.ts/);
  });

  it('stays one line and cannot steer the terminal', () => {
    const text = renderError(new StoppedError('a\n  b\u001b[2J\u0007'), { palette });
    expect(text).toBe('sluice: a b');
  });

  it('is plain data for machines', () => {
    expect(errorDocument(new StoppedError('stopped', { guidance: 'g', context: { a: 1 } }))).toEqual({
      code: 'stopped',
      message: 'stopped',
      guidance: 'g',
      context: { a: 1 },
    });
    expect(errorDocument(new Error('x'))).toEqual({ code: 'unexpected', message: 'x' });
  });

  it('is not hidden by a fact that JSON cannot hold', () => {
    const round: Record<string, unknown> = {};
    round['self'] = round;
    const error = new StoppedError('stopped', { context: { id: 9007199254740993n, round } });
    expect(renderError(error, { palette, verbose: true })).toContain('id: 9007199254740993');
    expect(stringifyLossless(errorDocument(error))).toBe(
      '{"code":"stopped","message":"stopped","context":{"id":9007199254740993,"round":null}}',
    );
  });
});
