"""Turns Spark's progress reports into the events of the job. Pure."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Dict, Optional


def is_micro_batch(progress: dict) -> bool:
    """Spark also reports triggers that found nothing to do; those have no addBatch."""
    return "addBatch" in progress.get("durationMs", {})


def progress_fields(progress: dict) -> Dict[str, Any]:
    """Fields of a `progress` event: durations in milliseconds, offsets by partition (end offsets
    exclusive).
    """
    source = progress["sources"][0]
    return {
        "batchId": progress["batchId"],
        "startedAt": progress["timestamp"],
        "inputRows": progress["numInputRows"],
        "outputRows": output_rows(progress),
        "durationMs": progress["durationMs"].get("triggerExecution"),
        "phasesMs": progress["durationMs"],
        "startOffsets": offsets(source.get("startOffset")),
        "endOffsets": offsets(source.get("endOffset")),
    }


def output_rows(progress: dict) -> Optional[int]:
    """Rows handed to the table; Spark says -1 when it did not count."""
    rows = progress.get("sink", {}).get("numOutputRows", -1)
    return rows if rows >= 0 else None


def offsets(by_topic: Any) -> Dict[str, int]:
    """Offset by partition; the job reads one topic."""
    if not isinstance(by_topic, dict):
        return {}
    return {partition: offset for partitions in by_topic.values() for partition, offset in partitions.items()}


class Totals:
    """Sums over the micro-batches of one query in this run."""

    def __init__(self) -> None:
        self.batches = 0
        self.input_rows = 0
        self.output_rows = 0
        self.end_offsets: Dict[str, int] = {}

    def add(self, fields: Dict[str, Any]) -> None:
        """fields: those of a `progress` event."""
        self.batches += 1
        self.input_rows += fields["inputRows"]
        self.output_rows += fields["outputRows"] or 0
        self.end_offsets = fields["endOffsets"] or self.end_offsets

    def as_fields(self) -> Dict[str, Any]:
        return {
            "batches": self.batches,
            "inputRows": self.input_rows,
            "outputRows": self.output_rows,
            "endOffsets": self.end_offsets,
        }


def instant_text(seconds: float) -> str:
    """Unix seconds as ISO 8601, UTC, to the millisecond."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
