/** What `--cache` takes; apart from what opens it, so that help stays instant. */
export const cacheHelp = `a name for a file in .sluice/caches, the path of a DuckDB or SQLite file, md:DATABASE, or 'postgresql://user:\${PASSWORD}@host/database' (default: .sluice/caches/default.duckdb)`;
