import { describe, expect, it } from 'vitest';
import { openEventOutput } from '../../src/cli/event-output.ts';
import type { SyncEvent } from '../../src/protocol/events.ts';

const log = (message: string): SyncEvent => ({ type: 'log', entry: { level: 'INFO', message } });
const saved: SyncEvent = { type: 'state_saved', states: 1, streams: ['a'] };

describe('events on stdout', () => {
  it('are left out where they are told elsewhere and stdout is read too slowly, and how many is said', async () => {
    const lines: string[] = [];
    const output = {
      isSlow: false,
      async write(text: string) {
        lines.push(text);
      },
    };
    const events = openEventOutput(output, { verbose: true });
    events.print(log('one'));
    output.isSlow = true;
    events.print(log('two'));
    events.print(log('three'));
    events.print(saved);
    output.isSlow = false;
    events.print(log('four'));
    await events.end({ done: true });
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      log('one'),
      {
        type: 'log',
        entry: {
          level: 'WARN',
          message: '2 log entries are left out here, because stdout is read too slowly',
        },
      },
      saved,
      log('four'),
      { done: true },
    ]);
  });

  it('hold no log unless it is asked for', () => {
    const lines: string[] = [];
    const write = async (text: string) => void lines.push(text);
    openEventOutput({ isSlow: false, write }, { verbose: false }).print(log('one'));
    expect(lines).toEqual([]);
  });
});
