import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testDocker } from '../test/fixtures/docker/engine.ts';
import { buildImage, copyProgram } from '../test/fixtures/docker/images.ts';
import { confirmStates, connectorScript, plainCatalog, stampsFirst, tellsCatalog } from './connectors.ts';
import type { Input } from './input.ts';

/** The connectors of the other benches as images; removed when disposed. */
export interface ConnectorImages extends AsyncDisposable {
  readonly source: string;
  readonly destination: string;
  /** The same destination, which notes when it has its first line. */
  readonly stamping: string;
}

/**
 * Builds `cat` and `grep` as connectors, of the programs of this machine. Without a shell of the usual name an image can
 * only be attached; the same shell then lies elsewhere. They find the input, and leave their stamp, in `/local`.
 */
export async function buildConnectors(
  input: Input,
  { times = 1, hasShell }: { readonly times?: number; readonly hasShell: boolean },
): Promise<ConnectorImages> {
  const shell = hasShell ? '/bin/sh' : '/connectors/shell';
  const files = Array.from({ length: times }, () => `/local/${inputName}`).join(' ');
  const scripts = {
    source: connectorScript({ discover: tellsCatalog(plainCatalog(input)), read: `exec cat ${files}` }),
    destination: connectorScript({ write: `exec ${confirmStates}` }),
    stamping: connectorScript({ write: stampsFirst(`/local/${stampName}`) }),
  };
  const base = await buildImage(
    ['FROM scratch', 'COPY root/ /', `LABEL bench="${shell} ${input.records}x${times}"`],
    (context) => {
      const root = join(context, 'root');
      copyProgram(root, '/bin/sh', shell);
      for (const program of ['/bin/cat', '/bin/grep', '/bin/date']) copyProgram(root, program, program);
      mkdirSync(join(root, 'connectors'), { recursive: true });
      for (const [name, script] of Object.entries(scripts)) {
        writeFileSync(join(root, 'connectors', name), script);
      }
    },
  );
  const imageOf = (name: string) =>
    buildImage([`FROM ${base}`, `ENTRYPOINT ${JSON.stringify([shell, `/connectors/${name}`])}`]);
  const images = {
    source: await imageOf('source'),
    destination: await imageOf('destination'),
    stamping: await imageOf('stamping'),
  };
  return {
    ...images,
    async [Symbol.asyncDispose]() {
      for (const name of [...Object.values(images), base]) {
        await testDocker().getImage(name).remove({ force: true });
      }
    },
  };
}

/** What they look for in `/local`. */
export const inputName = 'input.ndjson';
export const stampName = 'stamp';
