import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { errnoOf, messageOf, StorageError, storageError } from '../../errors.ts';
import { type ConfiguredCatalog, streamKey } from '../../protocol/catalog.ts';
import type { ConnectorProgram, ExecutionOptions, Flow } from '../../protocol/flow.ts';
import { isJsonObject } from '../../protocol/json-object.ts';
import { parseLossless } from '../../protocol/lossless-json.ts';
import type { Row } from '../../protocol/messages.ts';
import { dataLines } from '../../protocol/record-data.ts';
import type { Config } from '../../protocol/spec.ts';
import { openReceipt } from '../authoring/receipt.ts';
import { builtInConfig, builtInVersion } from '../built-in-config.ts';
import { confirmInGroups } from './confirm-in-groups.ts';
import { makeFolder, openJsonlFolder, streamFile } from './jsonl-folder.ts';

/** Writes each stream into a file of its own, a row a line, exactly as the source spelt it. */
export const destinationJsonl: ConnectorProgram = {
  name: 'destination-jsonl',
  version: builtInVersion,
  spec: {
    supportsIncremental: true,
    supported_destination_sync_modes: ['append', 'overwrite'],
    connectionSpecification: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'JSON lines',
      type: 'object',
      required: ['path'],
      additionalProperties: false,
      properties: {
        path: {
          title: 'Folder',
          description: 'Where the files go, one per stream. The folder is made where it is missing.',
          type: 'string',
          minLength: 1,
          order: 0,
        },
        contents: {
          title: 'What a line holds',
          description:
            '`data`: the row. `message`: the whole RECORD message, with the time at which it was read.',
          type: 'string',
          enum: ['data', 'message'],
          default: 'data',
          order: 1,
        },
      },
    },
  },
  async check(config) {
    const { path } = jsonlConfig(config);
    try {
      await probe(resolve(path));
      return { status: 'SUCCEEDED' };
    } catch (error) {
      return { status: 'FAILED', message: messageOf(storageError(error, `cannot write to ${path}`)) };
    }
  },
  write(config, catalog, input, options) {
    return writeFiles(jsonlConfig(config), catalog, input, options);
  },
  readBack(config, { stream, streams }) {
    const { path, contents } = jsonlConfig(config);
    return readRows(streamFile(resolve(path), stream, streams), contents);
  },
};

const configSchema = z.strictObject({
  path: z.string().min(1),
  contents: z.enum(['data', 'message']).default('data'),
});
type JsonlConfig = z.infer<typeof configSchema>;

const jsonlConfig = (config: Config) => builtInConfig('destination-jsonl', configSchema, config);

async function* writeFiles(
  { path, contents }: JsonlConfig,
  catalog: ConfiguredCatalog,
  input: Flow,
  { log }: ExecutionOptions,
): Flow {
  await using folder = await openJsonlFolder(resolve(path), catalog, log);
  const receipt = openReceipt();
  yield* confirmInGroups(input, {
    async take(item) {
      if (item.type === 'STATE') return receipt.confirm(item);
      if (item.type === 'RECORDS') {
        for (const { stream, lines } of item.split()) {
          await folder.append(stream, contents === 'data' ? dataLines(lines) : lines);
        }
        receipt.take(item);
      } else if (item.type === 'TRACE' && item.trace.type === 'STREAM_STATUS') {
        const { status, stream_descriptor } = item.trace.stream_status;
        if (status === 'COMPLETE') await folder.complete(streamKey(stream_descriptor));
      }
      return undefined;
    },
    makeDurable: () => folder.makeDurable(),
  });
}

/** The rows of a file, each with every digit; none where there is no file. */
async function* readRows(path: string, contents: JsonlConfig['contents']): AsyncGenerator<Row> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, 'utf8')) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield rowIn(line, contents, path);
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw storageError(error, `destination-jsonl: cannot read ${path}`);
  }
  if (rest !== '') yield rowIn(rest, contents, path);
}

function rowIn(line: string, contents: JsonlConfig['contents'], path: string): Row {
  try {
    const value = parseLossless(line);
    const record = contents === 'data' ? { data: value } : Reflect.get(Object(value), 'record');
    const data: unknown = Reflect.get(Object(record), 'data');
    if (isJsonObject(data)) return data;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new StorageError(`destination-jsonl: ${path} has a line that is no row: ${line.slice(0, 100)}`);
}

/** Tries what a write will do. */
async function probe(path: string): Promise<void> {
  await makeFolder(path);
  const file = join(path, `.sluice-check-${process.pid}`);
  await writeFile(file, '');
  await rm(file, { force: true });
}
