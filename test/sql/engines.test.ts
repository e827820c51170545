import { join } from 'node:path';
import { openDuckDb } from '../../src/sql/duckdb/driver.ts';
import { openSqlite } from '../../src/sql/sqlite/driver.ts';
import { sqlEngineContract } from '../contracts/sql-engine-contract.ts';
import { emptyDatabase, ownDatabase, ownServer, runningServer } from '../postgres/engine.ts';

sqlEngineContract('DuckDB', (folder) => openDuckDb({ path: join(folder, 'test.duckdb') }));
// A server whose own settings spell values in another way.
const settings = { timezone: 'Asia/Kolkata', datestyle: 'SQL, DMY', extra_float_digits: '-3' };
sqlEngineContract('PostgreSQL', emptyDatabase(runningServer({ settings })));
if (ownServer !== undefined) sqlEngineContract('PostgreSQL at SLUICE_TEST_POSTGRES', ownDatabase);
sqlEngineContract('SQLite', (folder) => openSqlite({ path: join(folder, 'test.sqlite') }));
