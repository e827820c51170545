import { describe, expect, it } from 'vitest';
import { batchItems, openPuller } from '../../../src/connectors/authoring/puller.ts';
import { gathered } from '../answering.ts';

async function* endless(onLeave: () => void): AsyncGenerator<number> {
  try {
    for (let id = 1; ; id += 1) yield id;
  } finally {
    onLeave();
  }
}

describe('batches', () => {
  it('hold no more than their size, and the last what is left', async () => {
    expect(await gathered(batchItems([1, 2, 3, 4, 5], { size: 2, waitMs: 1000 }))).toEqual([
      [1, 2],
      [3, 4],
      [5],
    ]);
    expect(await gathered(batchItems([], { size: 2, waitMs: 1000 }))).toEqual([]);
  });

  it('hold few rows where texts are long, wherever they lie in a row', async () => {
    const text = 'x'.repeat(1_500_000);
    const rows = [{ id: 1 }, { text }, { deep: [{ text }] }, { text }, { id: 5 }];
    const batches = await gathered(batchItems(rows, { size: 500, waitMs: 1000 }));
    expect(batches.map((batch) => batch.length)).toEqual([4, 1]);
  });

  it('leave their source when they are left', async () => {
    let left = false;
    for await (const batch of batchItems(
      endless(() => {
        left = true;
      }),
      { size: 3, waitMs: 1000 },
    )) {
      expect(batch).toEqual([1, 2, 3]);
      break;
    }
    expect(left).toBe(true);
  });
});

describe('a puller', () => {
  it('says that it is time when what is held has waited, and loses nothing', async () => {
    let give = () => {};
    async function* late(): AsyncGenerator<number> {
      yield 1;
      await new Promise<void>((resolve) => {
        give = resolve;
      });
      yield 2;
    }
    const puller = openPuller(late(), 1);
    expect(await puller.next()).toEqual({ done: false, value: 1 });
    puller.hold();
    expect(await puller.next()).toBe('due');
    give();
    expect(await puller.next()).toEqual({ done: false, value: 2 });
    expect(await puller.next()).toEqual({ done: true, value: undefined });
    puller.leave();
  });

  it('throws what its source throws', async () => {
    async function* failing(): AsyncGenerator<number> {
      yield 1;
      throw new Error('gone');
    }
    const puller = openPuller(failing(), 1000);
    await puller.next();
    await expect(puller.next()).rejects.toThrow('gone');
    puller.leave();
  });
});
