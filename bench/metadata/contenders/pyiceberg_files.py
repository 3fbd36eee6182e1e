"""The table of files, as pyiceberg inspects it."""

import json
import resource
import sys
import time

from pyiceberg.table import StaticTable

started, started_cpu = time.perf_counter(), time.process_time()
table = StaticTable.from_metadata(f"{sys.argv[1]}/db/large/metadata/v1.metadata.json")
files = table.inspect.files()
print(
    json.dumps(
        {
            "files": files.num_rows,
            "bytes": sum(files["file_size_in_bytes"].to_pylist()),
            "wallSeconds": time.perf_counter() - started,
            "cpuSeconds": time.process_time() - started_cpu,
            "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
