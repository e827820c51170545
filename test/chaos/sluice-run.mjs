// One run of Sluice that can be killed: writes a source to a destination, tells of each saved state, and ends with
// exit code 1 and the error as JSON when it fails. Usage: node sluice-run.mjs INDEX TASK, INDEX being the built library.
import { openSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [index, task] = process.argv.slice(2);
const { source, destination, connection, events } = JSON.parse(task);
const progress = openSync(events, 'a');
const tell = (what) => writeSync(progress, `sluice ${process.pid} ${what}\n`);

tell('started');
const { getDestination, getSource } = await import(pathToFileURL(index).href);
try {
  await getDestination('destination-chaos', destination.config, destination.options).write(
    getSource('source-chaos', source.config, { ...source.options, streams: '*' }),
    {
      connection,
      writeStrategy: 'append',
      onEvent: (event) => event.type === 'state_saved' && tell('saved'),
    },
  );
  tell('finished');
} catch (error) {
  const { code, message } = error;
  process.stdout.write(`${JSON.stringify({ code, message })}\n`);
  process.exitCode = 1;
}
