"""Runs queries that read, and prints their rows.

    python -m tidewater_spark.query --queries queries.json

Prints events as JSON lines on standard output and logs on standard error. Exit codes: 0 done, 1 failed, 2 bad
document. 64-bit integers and decimals are strings in the rows, because JSON.parse would round them.
"""

from __future__ import annotations

import os
import sys
import time
from typing import List, Optional

if not __package__:  # run as a file, as spark-submit does
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from tidewater_spark.entry import run_entry
from tidewater_spark.query_run import run_queries


def main(arguments: Optional[List[str]] = None) -> int:
    return run_entry(
        "queries",
        "--queries",
        "Runs queries that read, and prints their rows.",
        arguments,
        lambda document: document["catalog"],
        lambda spark, document, emit: run_queries(spark, document, emit, time.monotonic),
    )


if __name__ == "__main__":
    sys.exit(main())
