import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fakerCatalog } from '../src/connectors/sources/faker-catalog.ts';
import { catSource, quoted } from './connectors.ts';
import { type Figure, perSecond, type Skipped, seconds } from './figure.ts';
import { cacheFolder, fakerInput } from './input.ts';
import { callSeconds, inTurn, type Program, peakMb, run, wholeSeconds } from './measure.ts';
import { type Bench, millions } from './relay.ts';

/** A process source into a SQLite cache, against the `.import` of SQLite's own shell. */
export async function sqlite({ library, records, times }: Bench): Promise<readonly (Figure | Skipped)[]> {
  const what = `process source to SQLite cache, ${millions(records)} records: read() alone`;
  if (!haveShell()) return [{ what, skipped: 'there is no sqlite3, and only root can install it' }];
  const source = await catSource(await fakerInput(records), { catalog: fakerCatalog });
  const filled = join(cacheFolder, 'cache.sqlite');
  const ours: Program = {
    command: process.execPath,
    args: [join(import.meta.dirname, 'programs', 'read-sqlite.mjs'), library.index, source, filled],
    env: { SLUICE_DIR: join(cacheFolder, 'home') },
  };
  await run(ours);
  const runs = await inTurn({ ours, shell: shellProgram(filled) }, times);
  const time = callSeconds(runs.ours);
  const shell = wholeSeconds(runs.shell);
  return [
    {
      what,
      measured: `${seconds(time)}, ${perSecond(records, time)}`,
      memoryMb: peakMb(runs.ours),
      baseline: `sqlite3 .import of the same rows as CSV into the same tables: ${seconds(shell)}, ${perSecond(records, shell)}`,
      ratio: shell / time,
    },
  ];
}

/** Debian has it as a package. */
function haveShell(): boolean {
  const isThere = (): boolean => spawnSync('sqlite3', ['--version']).status === 0;
  if (isThere() || userInfo().uid !== 0) return isThere();
  spawnSync('apt-get', ['install', '-y', 'sqlite3'], { stdio: 'ignore' });
  return isThere();
}

/** Imports what is in the tables of a filled cache, every column of them, into an empty file. */
function shellProgram(filled: string): Program {
  const ask = (...args: readonly string[]): string =>
    execFileSync('sqlite3', [filled, ...args], { encoding: 'utf8', maxBuffer: 2 ** 31 });
  const script = fakerCatalog.streams.flatMap(({ name }) => {
    const csv = join(cacheFolder, `${name}.csv`);
    writeFileSync(csv, ask('-csv', `SELECT * FROM ${name}`));
    return [`${ask(`.schema ${name}`).trim()}`, `.import ${csv} ${name}`];
  });
  const path = join(cacheFolder, 'import.sql');
  writeFileSync(path, ['.mode csv', ...script, ''].join('\n'));
  const alone = quoted(join(cacheFolder, 'alone.sqlite'));
  return { command: 'sh', args: ['-c', `rm -f ${alone} && exec sqlite3 ${alone} < ${quoted(path)}`] };
}
