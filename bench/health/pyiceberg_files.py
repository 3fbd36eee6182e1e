"""Reads a table's files by pyiceberg in a process of its own, and says what that took."""

import json
import resource
import sys
import time

from pyiceberg.table import StaticTable

table = StaticTable.from_metadata(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF)
started = time.perf_counter()
files = table.inspect.files()
seconds = time.perf_counter() - started
after = resource.getrusage(resource.RUSAGE_SELF)
import pyarrow.compute as pc  # noqa: E402  not part of what is measured

print(
    json.dumps(
        {
            "seconds": seconds,
            "cpuSeconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            "maxRssMiB": after.ru_maxrss / 1024,
            "files": files.num_rows,
            "bytes": pc.sum(files["file_size_in_bytes"]).as_py(),
        }
    )
)
