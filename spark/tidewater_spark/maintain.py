"""Maintains one Iceberg table: compaction, expiry, manifests, orphan files.

    python -m tidewater_spark.maintain --plan plan.json

Prints events as JSON lines on standard output and logs on standard error. Exit codes: 0 done, 1 failed, 2 bad
document.
"""

from __future__ import annotations

import os
import sys
import time
from typing import List, Optional

if not __package__:  # run as a file, as spark-submit does
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from tidewater_spark.entry import run_entry
from tidewater_spark.maintenance_run import run_plan


def main(arguments: Optional[List[str]] = None) -> int:
    return run_entry(
        "maintenance",
        "--plan",
        "Maintains one Iceberg table.",
        arguments,
        lambda plan: plan["table"]["catalog"],
        lambda spark, plan, emit: run_plan(
            spark, plan, emit, time.monotonic, lambda: int(time.time() * 1000)
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
