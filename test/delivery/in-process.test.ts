import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { getBenchmarkSource, getDestination, records } from '../../src/index.ts';
import { inNewHome } from '../fixtures/new-home.ts';

const program = join(import.meta.dirname, '..', 'fixtures', 'connectors', 'destination-node.mjs');

describe('a source in this process', () => {
  const folder = inNewHome();
  beforeEach(async () => {
    await mkdir(join(folder(), 'delivered'));
  });

  it('that gives one batch again and again is delivered to a process as often', async () => {
    const result = await destination().write(getBenchmarkSource('12500'));
    expect(result.records).toEqual({ read: 12_500, confirmed: 12_500, rejected: 0 });
    expect(await delivered()).toHaveLength(12_500);
  });

  it('that gives rows is delivered to a process', async () => {
    const rows = Array.from({ length: 2500 }, (_, id) => ({ id, text: 'x'.repeat(100) }));
    await destination().write(records('users', rows));
    const ids = (await delivered()).map((line) => JSON.parse(line).record.data.id);
    expect(ids).toEqual(rows.map(({ id }) => id));
  });

  function destination() {
    const options = { localExecutable: program };
    return getDestination('destination-node', { folder: join(folder(), 'delivered') }, options);
  }

  async function delivered(): Promise<readonly string[]> {
    const text = await readFile(join(folder(), 'delivered', '1.ndjson'), 'utf8');
    return text.split('\n').filter((line) => line.startsWith('{"type":"RECORD"'));
  }
});
