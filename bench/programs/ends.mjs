// What the programs of the benches write from and to: `{"executable": PATH}`, `{"image": NAME}`, or what is built in.
import { pathToFileURL } from 'node:url';

/** Opens both ends of a task, `{"source": …, "destination": …}`, with the library that was built. */
export async function openEnds(index, task) {
  const { getBenchmarkSource, getDestination, getNoopDestination, getSource } = await import(
    pathToFileURL(index).href
  );
  const { source, destination } = JSON.parse(task);
  return {
    source: () =>
      'benchmark' in source
        ? getBenchmarkSource(source.benchmark)
        : getSource('source-bench', {}, optionsOf(source)),
    destination: () =>
      'noop' in destination
        ? getNoopDestination()
        : getDestination('destination-bench', {}, optionsOf(destination)),
  };
}

function optionsOf({ executable, image }) {
  return executable === undefined ? { dockerImage: image } : { localExecutable: executable };
}
