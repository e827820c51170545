"""Reads one source into a DuckDB cache with PyAirbyte; says how long the call took and how much memory was held.
Usage: python pyairbyte-cache.py SOURCE DB, the source being an executable."""

import json
import resource
import sys
import time
from pathlib import Path

import airbyte as ab
from airbyte.caches import DuckDBCache

path = Path(sys.argv[2])
path.unlink(missing_ok=True)
source = ab.get_source("source-bench", config={}, local_executable=Path(sys.argv[1]), streams="*")
cache = DuckDBCache(db_path=path, cache_dir=path.parent / "pyairbyte-files")

start = time.perf_counter()
source.read(cache, write_strategy="append")
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print()
print(json.dumps({"seconds": seconds, "peakMb": peak}, separators=(",", ":")))
