import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sourceFaker } from '../src/connectors/sources/faker.ts';
import { SluiceError } from '../src/errors.ts';
import type { ConfiguredCatalog } from '../src/protocol/catalog.ts';

/** A file of RECORD lines with a STATE every 10,000 records, and the catalog of what is in it. */
export interface Input {
  readonly path: string;
  readonly records: number;
  readonly bytes: number;
  readonly streams: readonly string[];
}

/** What the benches make and keep between runs. */
export const cacheFolder = join(import.meta.dirname, '..', 'node_modules', '.cache', 'sluice-bench');

/** The built-in faker's own streams, one after the other. */
export async function fakerInput(records: number): Promise<Input> {
  return input(`faker-${records}`, records, ['products', 'users', 'purchases'], (line, stream) => ({
    line,
    stream,
  }));
}

/** The same records dealt out in turn to so many streams, whose names are all of one length. */
export async function interleavedInput(records: number, streams: number): Promise<Input> {
  const names = Array.from({ length: streams }, (_, number) => `stream_${String(number).padStart(4, '0')}`);
  return input(`interleaved-${streams}-${records}`, records, names, (line, stream, number) => {
    const name = names[number % names.length] ?? '';
    const renamed = line.replace(`"stream":"${stream}"`, `"stream":"${name}"`);
    if (renamed === line) throw new SluiceError(`bench: the faker spells records in another way: ${line}`);
    return { line: renamed, stream: name };
  });
}

type Deal = (line: string, stream: string, number: number) => { line: string; stream: string };

async function input(name: string, records: number, streams: readonly string[], deal: Deal): Promise<Input> {
  const path = join(cacheFolder, `${name}.ndjson`);
  if (!existsSync(path)) await make(path, records, deal);
  const { size } = await stat(path);
  return { path, records, bytes: size, streams };
}

const stateEvery = 10_000;

async function make(path: string, records: number, deal: Deal): Promise<void> {
  await mkdir(cacheFolder, { recursive: true });
  const out = createWriteStream(`${path}.part`);
  const since = new Map<string, number>();
  let written = 0;
  let text = '';
  for await (const [stream, line] of fakerLines(records)) {
    const dealt = deal(line, stream, written);
    written += 1;
    since.set(dealt.stream, (since.get(dealt.stream) ?? 0) + 1);
    text += `${dealt.line}\n`;
    if (written % stateEvery !== 0 && written < records) continue;
    const told = written === records ? [...since.keys()] : [dealt.stream];
    for (const name of told) {
      text += stateLine(name, written, since.get(name) ?? 0);
      since.delete(name);
    }
    if (!out.write(text)) await once(out, 'drain');
    text = '';
  }
  out.end();
  await once(out, 'finish');
  await rename(`${path}.part`, path);
}

function stateLine(name: string, position: number, recordCount: number): string {
  const stream = { stream_descriptor: { name }, stream_state: { position } };
  const state = { type: 'STREAM', stream, sourceStats: { recordCount } };
  return `${JSON.stringify({ type: 'STATE', state })}\n`;
}

async function* fakerLines(records: number): AsyncGenerator<readonly [stream: string, line: string]> {
  const config = { count: records, seed: 7, always_updated: false, records_per_slice: stateEvery };
  const options = { signal: new AbortController().signal, log: () => {} };
  const catalog = await sourceFaker.discover?.(config, options);
  const selection: ConfiguredCatalog = {
    streams: (catalog?.streams ?? []).map((stream) => ({
      stream,
      sync_mode: 'full_refresh',
      destination_sync_mode: 'append',
    })),
  };
  // As many users as purchases, whichever of the two comes first.
  const share = new Map([
    ['products', 100],
    ['users', records / 2],
    ['purchases', records / 2 - 100],
  ]);
  for await (const items of sourceFaker.read?.(config, selection, [], options) ?? []) {
    for (const item of items) {
      if (item.type !== 'RECORDS') continue;
      for (const line of Buffer.from(item.lines()).toString().trimEnd().split('\n')) {
        const stream = /"stream":"(\w+)"/.exec(line)?.[1] ?? '';
        const left = share.get(stream) ?? 0;
        if (left === 0) continue;
        share.set(stream, left - 1);
        yield [stream, line];
      }
    }
    if ([...share.values()].every((left) => left === 0)) return;
  }
}
