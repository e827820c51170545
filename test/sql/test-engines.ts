import { join } from 'node:path';
import type { Driver } from '../../src/sql/driver.ts';
import { openDuckDb } from '../../src/sql/duckdb/driver.ts';
import { openSqlite } from '../../src/sql/sqlite/driver.ts';
import { emptyDatabase, runningServer } from '../postgres/engine.ts';

interface TestEngine {
  readonly name: string;
  /** Opens a new database, whose files lie in the folder. */
  readonly open: (folder: string) => Promise<Driver>;
}

/**
 * Every engine there is, for the top of a file of tests: a line here, and an engine is held to the contract and to the
 * laws, and stands in docs/values.md.
 */
export function testEngines(): readonly TestEngine[] {
  return [
    { name: 'DuckDB', open: (folder) => openDuckDb({ path: join(folder, 'test.duckdb') }) },
    { name: 'PostgreSQL', open: emptyDatabase(runningServer({ settings: oddSettings })) },
    { name: 'SQLite', open: (folder) => openSqlite({ path: join(folder, 'test.sqlite') }) },
  ];
}

/** Those of a server that spells values in other ways than we ask for. */
const oddSettings = { timezone: 'Asia/Kolkata', datestyle: 'SQL, DMY', extra_float_digits: '-3' };
