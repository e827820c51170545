"""Writes one source to one destination with PyAirbyte, without cache and state; says how long the call took and how
much memory was held. Usage: python pyairbyte.py SOURCE DESTINATION, both executables."""

import json
import resource
import sys
import time
from pathlib import Path

import airbyte as ab

source = ab.get_source("source-bench", config={}, local_executable=Path(sys.argv[1]), streams="*")
destination = ab.get_destination("destination-bench", config={}, local_executable=Path(sys.argv[2]))

start = time.perf_counter()
destination.write(source, cache=False, state_cache=False)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print()
print(json.dumps({"seconds": seconds, "peakMb": peak}, separators=(",", ":")))
