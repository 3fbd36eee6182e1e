"""Streams Avro records from a Kafka topic into an Iceberg table, each exactly once.

    python -m tidewater_spark.kafka_to_iceberg --job job.json

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
from tidewater_spark.events import Emit
from tidewater_spark.hadoop_fs import modified_at_ms
from tidewater_spark.job_queries import Running, prepare
from tidewater_spark.kafka_auth import region_properties
from tidewater_spark.progress_log import observed
from tidewater_spark.session import avro_limit_properties
from tidewater_spark.stop import StopMarker, StopRequests
from tidewater_spark.stream_failure import typed_failure
from tidewater_spark.streams import StreamFailed, stop_all, watch
from tidewater_spark.table_lock import writing


def run_job(spark, job: dict, emit: Emit, stop: StopRequests) -> None:
    """Runs a validated job to its end, holding its tables. Raises TidewaterError when it fails; every query is
    stopped by then.
    """
    tables = [job["table"]]
    if job["decoding"]["onDecodeError"] == "dead-letter":
        tables.append(job["decoding"]["deadLetterTable"])
    with writing(spark, job["table"]["catalog"], tables):
        _run(spark, job, emit, stop)


def _run(spark, job: dict, emit: Emit, stop: StopRequests) -> None:
    location = job["stop"].get("markerLocation")
    marker = StopMarker(lambda: modified_at_ms(spark, location), time.monotonic) if location else None
    prepared = prepare(spark, job)
    running: Optional[Running] = None
    try:
        running = prepared.start()
        query = running.main.query
        emit(
            "started",
            **prepared.as_fields(),
            queries={running.main.label: {"queryId": str(query.id), "runId": str(query.runId)}},
            staleStopMarker=marker is not None and marker.stale_at_start,
        )
        timeout_seconds = job["stop"]["timeoutSeconds"]
        outcome = watch(*running, emit, stop, marker, timeout_seconds, time.monotonic)
    except StreamFailed as failed:
        stop_all(running.parts)
        raise typed_failure(spark, job, failed.label, failed.cause) from None
    except BaseException:
        stop_all([] if running is None else running.parts)
        raise
    emit(
        "stopped",
        reason=outcome.reason,
        graceful=outcome.graceful,
        queries={part.label: part.totals.as_fields() for part in running.parts},
    )


def _jvm_properties(job: dict) -> dict:
    decoding = job["decoding"]
    limits = avro_limit_properties(decoding["maxValueBytes"], decoding["maxCollectionItems"])
    return {**limits, **region_properties(job["source"]["auth"])}


def main(arguments: Optional[List[str]] = None) -> int:
    stop = StopRequests()
    stop.listen()

    def act(spark, job: dict, emit: Emit) -> None:
        stop.listen()
        run_job(spark, job, emit, stop)

    return run_entry(
        "job",
        "--job",
        "Streams Avro records from a Kafka topic into an Iceberg table.",
        arguments,
        lambda job: job["table"]["catalog"],
        act,
        _jvm_properties,
        observed,
    )


if __name__ == "__main__":
    sys.exit(main())
