import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalog } from '../src/protocol/catalog.ts';
import { cacheFolder, type Input } from './input.ts';

interface CatOptions {
  readonly times?: number;
  /** What is known of the streams; nothing but their names unless given. */
  readonly catalog?: Catalog;
}

/** A source that is `cat`: it says all that is in the input's file, `times` times over. */
export async function catSource(
  input: Input,
  { times = 1, catalog: known }: CatOptions = {},
): Promise<string> {
  const catalog = known ?? plainCatalog(input);
  const files = Array.from({ length: times }, () => quoted(input.path)).join(' ');
  const kind = known === undefined ? 'cat' : 'typed';
  return script(`source-${kind}-${input.streams.length}-${input.records}x${times}`, {
    discover: tellsCatalog(catalog),
    read: `exec cat ${files}`,
  });
}

/** A catalog of which nothing is known but the names of its streams. */
export function plainCatalog({ streams }: Input): Catalog {
  return {
    streams: streams.map((name) => ({
      name,
      json_schema: { type: 'object' },
      supported_sync_modes: ['full_refresh'],
    })),
  };
}

/** The command by which a connector in shell answers `discover`. */
export function tellsCatalog(catalog: Catalog): string {
  return `echo ${quoted(JSON.stringify({ type: 'CATALOG', catalog }))}`;
}

/** A destination that is `grep`: it confirms every STATE and does nothing with records. */
export async function grepDestination(): Promise<string> {
  return script('destination-grep', { write: `exec ${confirmStates}` });
}

/** A destination that takes its input no faster than this. */
export async function slowDestination(bytesPerSecond: number): Promise<string> {
  const program = join(import.meta.dirname, 'programs', 'slow-destination.mjs');
  return script('destination-slow', {
    write: `exec ${quoted(process.execPath)} ${quoted(program)} ${bytesPerSecond}`,
  });
}

/** A destination that notes, in nanoseconds since 1970, when it has its first line. */
export async function stampDestination(stamp: string): Promise<string> {
  return script('destination-stamp', { write: stampsFirst(stamp) });
}

/** The command of such a destination. */
export function stampsFirst(stamp: string): string {
  return `read -r line; date +%s%N > ${quoted(stamp)}; exec ${confirmStates}`;
}

/** What a destination does at least: with STATEs in its output, all is confirmed. */
export const confirmStates = `grep -F '"type":"STATE"'`;

export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A connector in shell, which starts in a millisecond. */
async function script(name: string, commands: Readonly<Record<string, string>>): Promise<string> {
  const path = join(cacheFolder, name);
  await mkdir(cacheFolder, { recursive: true });
  await writeFile(path, connectorScript(commands));
  await chmod(path, 0o755);
  return path;
}

/** The text of a connector in shell that does these commands; `spec` and `check` are done for it. */
export function connectorScript(commands: Readonly<Record<string, string>>): string {
  const spec = { connectionSpecification: { type: 'object', properties: {} } };
  const status = { status: 'SUCCEEDED' };
  const all = {
    spec: `echo ${quoted(JSON.stringify({ type: 'SPEC', spec }))}`,
    check: `echo ${quoted(JSON.stringify({ type: 'CONNECTION_STATUS', connectionStatus: status }))}`,
    ...commands,
  };
  const cases = Object.entries(all).map(([command, line]) => `  ${command}) ${line} ;;`);
  return ['#!/bin/sh', 'case "$1" in', ...cases, '  *) exit 1 ;;', 'esac', ''].join('\n');
}
