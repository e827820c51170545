// A PostgreSQL server whose database lies on a small disk that was just mounted, visible to this process and its
// children alone: a read fills it, the disk is made larger, and a second read goes on. Prints what came of both.
// Usage: node --import tsx disk-full-server.ts INDEX DISK, INDEX being the built library.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { startServer } from '../postgres/server.ts';

const [index = '', disk = ''] = process.argv.slice(2);
await using server = await startServer();
await server.query(`CREATE TABLESPACE small LOCATION '${disk}'`);
await server.query('CREATE DATABASE small TABLESPACE small');
const { host, port, user } = server.target('small');
const options = { host, port, username: user, database: 'small' };
const read = (): void => {
  const program = join(import.meta.dirname, 'disk-full.mjs');
  const args = [program, index, 'PostgresCache', JSON.stringify(options)];
  execFileSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
};
read();
execFileSync('mount', ['-o', 'remount,size=300m', disk]);
read();
