import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

/** A source and a destination with a folder of their own, in which everything that a run writes must lie. */
export interface Connection extends AsyncDisposable {
  readonly task: string;
  readonly name: string;
  /** The FIFO through which all tell what they do. */
  readonly events: string;
  readonly temporary: string;
  readonly home: string;
  readonly delivered: string;
  /** Each input line with its place. */
  readonly places: ReadonlyMap<string, Place>;
}

/** A record's stream, as `[namespace, name]` in JSON, and its position there, from 1. */
export interface Place {
  readonly stream: string;
  readonly position: number;
}

export const recordsPerStream = 300;

/** Two of them differ only by their namespace. */
export const streams = [
  { name: 'orders' },
  { name: 'users', namespace: 'crm' },
  { name: 'users', namespace: 'shop' },
] as const;

/** Where the connectors run: an image for both, in which each becomes what the script of its name in /local says. */
interface Containers {
  readonly source: string;
  readonly destination: string;
  readonly node: string;
  readonly fixtures: string;
}

export async function openConnection(writeBytes: number, containers?: Containers): Promise<Connection> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-chaos-'));
  const [temporary, home] = [join(folder, 'tmp'), join(folder, 'home')];
  // What containers share with us is `.sluice/local`, which they see as /local.
  const shared = containers === undefined ? folder : join(home, 'local');
  const within = (name: string) => join(shared, name);
  const seen = (name: string) => (containers === undefined ? within(name) : `/local/${name}`);
  const delivered = within('delivered');
  for (const path of [temporary, delivered]) await mkdir(path, { recursive: true });
  const events = within('events');
  const name = 'chaos';
  const lines = inputLines();
  await writeFile(within('input.ndjson'), lines.map(({ line }) => line).join('\n'));
  const catalog = JSON.stringify({ type: 'CATALOG', catalog: { streams: streams.map(streamOf) } });
  const told = (fixture: string, discovered: string): Told => ({
    events: seen('events'),
    node: containers?.node ?? process.execPath,
    target: join(containers?.fixtures ?? fixtures, fixture),
    catalog: discovered,
  });
  const task = {
    connection: name,
    events,
    source: {
      options: optionsOf(
        await script(within('source'), told('source-replay.mjs', catalog)),
        containers?.source,
      ),
      config: { path: seen('input.ndjson'), stateEvery: 25, writeBytes, progress: seen('events') },
    },
    destination: {
      options: optionsOf(
        await script(within('destination'), told('destination-node.mjs', '')),
        containers?.destination,
      ),
      config: { folder: seen('delivered'), progress: seen('events') },
    },
  };
  return {
    task: JSON.stringify(task),
    name,
    events,
    temporary,
    home,
    delivered,
    places: new Map(lines.map(({ line, place }) => [line, place])),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What the destination of each run has kept, in order. A last line that was cut off does not count. */
export async function deliveredRuns({
  delivered,
  places,
}: Connection): Promise<readonly (readonly Place[])[]> {
  const files = (await readdir(delivered)).toSorted(
    (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10),
  );
  return Promise.all(
    files.map(async (file) => {
      const lines = (await readFile(join(delivered, file), 'utf8')).split('\n').slice(0, -1);
      return lines.map((line) => places.get(line) ?? expect.fail(`not a line of the source: ${line}`));
    }),
  );
}

function inputLines(): readonly { line: string; place: Place }[] {
  return Array.from({ length: recordsPerStream * streams.length }, (_, index) => {
    const { name, ...rest } = streams[index % streams.length] ?? streams[0];
    const position = Math.floor(index / streams.length) + 1;
    const data = { id: position, text: 'ä'.repeat(1 + (index % 120)) };
    const record = { stream: name, ...rest, data, emitted_at: 1_700_000_000_000 + index };
    const namespace = 'namespace' in rest ? rest.namespace : null;
    return {
      line: JSON.stringify({ type: 'RECORD', record }),
      place: { stream: JSON.stringify([namespace, name]), position },
    };
  });
}

function streamOf(descriptor: (typeof streams)[number]): unknown {
  return {
    ...descriptor,
    json_schema: { type: 'object', properties: { id: { type: 'integer' }, text: { type: 'string' } } },
    supported_sync_modes: ['full_refresh', 'incremental'],
    source_defined_cursor: true,
  };
}

/** Answers in shell, which starts at once, and becomes the fixture to read and to write. */
async function script(path: string, { events, node, target, catalog }: Told): Promise<string> {
  const role = path.slice(path.lastIndexOf('/') + 1);
  const spec = JSON.stringify({ type: 'SPEC', spec: { connectionSpecification: { type: 'object' } } });
  const status = JSON.stringify({ type: 'CONNECTION_STATUS', connectionStatus: { status: 'SUCCEEDED' } });
  const lines = [
    '#!/bin/sh',
    `exec 9>>'${events}'`,
    `echo ${role} $$ >&9`,
    'case "$1" in',
    `  spec) echo '${spec}' ;;`,
    `  check) echo '${status}' ;;`,
    `  discover) echo '${catalog}' ;;`,
    `  *) exec '${node}' '${target}' "$@" ;;`,
    'esac',
    '',
  ];
  await writeFile(path, lines.join('\n'), { mode: 0o755 });
  return path;
}

interface Told {
  readonly events: string;
  readonly node: string;
  readonly target: string;
  readonly catalog: string;
}

function optionsOf(executable: string, image: string | undefined): Readonly<Record<string, string>> {
  return image === undefined ? { localExecutable: executable } : { dockerImage: image };
}

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'connectors');
