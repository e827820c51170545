import { join } from 'node:path';
import { openDuckDb } from '../../src/sql/duckdb/driver.ts';
import { openSqlite } from '../../src/sql/sqlite/driver.ts';
import { sqlEngineContract } from '../contracts/sql-engine-contract.ts';
import { emptyDatabase, runningServer } from '../postgres/engine.ts';

sqlEngineContract('DuckDB', (folder) => openDuckDb({ path: join(folder, 'test.duckdb') }));
sqlEngineContract('PostgreSQL', emptyDatabase(runningServer()));
sqlEngineContract('SQLite', (folder) => openSqlite({ path: join(folder, 'test.sqlite') }));
