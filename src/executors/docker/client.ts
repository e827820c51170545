import { createRequire, Module } from 'node:module';
import type Dockerode from 'dockerode';

/**
 * Loads dockerode without two libraries that it loads for what is not done here: gRPC for builds by BuildKit, and an
 * SSH of its own. They are most of what it takes to load it; whoever needs them after all still gets them.
 */
export async function loadClient(): Promise<typeof Dockerode> {
  try {
    const dockerode = createRequire(createRequire(import.meta.url).resolve('dockerode'));
    const modem = createRequire(dockerode.resolve('docker-modem'));
    loadLater(dockerode, './session');
    loadLater(modem, './ssh');
  } catch {
    // Where it lies otherwise, bundled into a program say, it is loaded as it is.
  }
  return (await import('dockerode')).default;
}

/** Puts a function in the place of a module that is one; it loads the module when it is called. */
function loadLater(require: NodeJS.Require, name: string): void {
  const path = require.resolve(name);
  if (require.cache[path] !== undefined) return;
  const place = new Module(path);
  place.filename = path;
  place.loaded = true;
  place.exports = (...args: readonly unknown[]): unknown => {
    if (require.cache[path] === place) delete require.cache[path];
    return require(path)(...args);
  };
  require.cache[path] = place;
}
