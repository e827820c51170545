import { join } from 'node:path';
import { openDuckDb } from '../../src/sql/duckdb/driver.ts';
import { sqlEngineContract } from '../contracts/sql-engine-contract.ts';

sqlEngineContract('DuckDB', (folder) => openDuckDb({ path: join(folder, 'test.duckdb') }));
