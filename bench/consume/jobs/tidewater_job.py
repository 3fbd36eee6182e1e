"""The job as it is shipped, driven by its document."""

from __future__ import annotations

import time

from tidewater_spark.document import validate
from tidewater_spark.kafka_to_iceberg import run_job
from tidewater_spark.stop import StopRequests


def consume_with_tidewater(spark, turn: dict) -> None:
    job = {
        "version": 1,
        "name": turn["table"],
        "source": {"bootstrapBrokers": turn["brokers"], "topic": turn["topic"], "auth": {"type": "none"}},
        "decoding": {"schema": turn["schema"], **turn.get("decoding", {})},
        "table": {
            "catalog": turn["catalog"],
            "namespace": "db",
            "name": turn["table"],
            "kafkaMetadataColumns": turn.get("kafkaMetadataColumns", False),
        },
        "trigger": {"type": "availableNow"},
        "checkpointLocation": turn["checkpoint"],
    }
    started = {}

    def emit(event: str, **fields) -> None:
        if event == "started":
            started.update(fields)

    run_job(spark, validate("job", job, time.time()), emit, StopRequests())
    if (started["decoder"]["name"] == "compiled") != turn["compiled"]:
        raise RuntimeError(f"decoded by {started['decoder']}")
