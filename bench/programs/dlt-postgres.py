"""Loads RECORD lines from a file into PostgreSQL with dlt, a resource a stream, and says how long the run took and how
much memory was held. Usage: python dlt-postgres.py FILE URL RECORDS, of which the first RECORDS are taken."""

import json
import resource
import sys
import time
from itertools import islice

import dlt

path, url, records = sys.argv[1], sys.argv[2], int(sys.argv[3])


def rows():
    with open(path, encoding="utf-8") as lines:
        taken = (json.loads(line)["record"] for line in lines if line.startswith('{"type":"RECORD"'))
        for record in islice(taken, records):
            yield dlt.mark.with_table_name(record["data"], record["stream"])


pipeline = dlt.pipeline("bench", destination=dlt.destinations.postgres(url), dataset_name="dlt_bench", dev_mode=True)
start = time.perf_counter()
pipeline.run(dlt.resource(rows, name="rows"), write_disposition="append")
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print()
print(json.dumps({"seconds": seconds, "peakMb": peak}, separators=(",", ":")))
