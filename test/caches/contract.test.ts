import { join } from 'node:path';
import { DuckDBCache } from '../../src/caches/duckdb.ts';
import { SQLiteCache } from '../../src/caches/sqlite.ts';
import { describeCache } from '../contracts/cache-contract.ts';
import { cacheIn, runningServer } from '../postgres/engine.ts';

describeCache({
  engine: 'DuckDB',
  open: (folder, name, options) => new DuckDBCache({ dbPath: join(folder, `${name}.duckdb`), ...options }),
});

describeCache({
  engine: 'SQLite',
  open: (folder, name, { tablePrefix, retention, times } = {}) =>
    new SQLiteCache({ dbPath: join(folder, `${name}.sqlite`), tablePrefix, retention, times }),
});

const server = runningServer();
describeCache({
  engine: 'PostgreSQL',
  open: (folder, name, options) => cacheIn(server(), { folder, name, ...options }),
});
