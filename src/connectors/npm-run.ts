import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { NotRunnableError } from '../errors.ts';
import type { Loading } from '../executors/npm.ts';
import type { Executor } from '../protocol/flow.ts';
import { loadPackage } from './authoring/load-package.ts';
import type { ConnectorKind, ConnectorOptions } from './options.ts';

/** The executor of a connector that was published as an npm package. */
export async function npmExecutor(
  name: string,
  kind: ConnectorKind,
  options: ConnectorOptions & { readonly npmPackage: string },
): Promise<Executor> {
  const { NpmExecutor } = await import('../executors/npm.ts');
  const { npmPackage, inProcess, version, installRoot, installIfMissing, env, timeouts } = options;
  const own = { package: npmPackage, inProcess, version, installRoot, installIfMissing, env, timeouts };
  return new NpmExecutor(name, own, loadingOf(name, kind));
}

/** How this library loads and serves what is in a package. */
export function loadingOf(name: string, kind: ConnectorKind): Loading {
  return {
    load: (entry, exported) => loadPackage({ name, kind, entry, exported }),
    serve: (entry, exported) => {
      const program = builtFile('connectors/authoring/serve-package.js');
      if (existsSync(program))
        return [fileURLToPath(program), JSON.stringify({ name, kind, entry, exported })];
      throw new NotRunnableError(
        `${name}: an npm package runs in a process of its own by the built library`,
        {
          guidance: 'In a checkout of Sluice, run npm run build first.',
        },
      );
    },
    library: { version: ownVersion(), url: builtFile('index.js').href },
  };
}

/** A file of the build: it lies where this one does once it is built, and in a checkout beside the sources. */
function builtFile(path: string): URL {
  return new URL(import.meta.url.endsWith('.ts') ? `../../dist/${path}` : `../${path}`, import.meta.url);
}

function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return z.looseObject({ version: z.string() }).parse(manifest).version;
}
