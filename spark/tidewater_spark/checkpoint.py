"""Reads where the queries stand from Spark's checkpoint, and keeps the job's own state beside it.

The state is a log like Spark's own, `<checkpointLocation>/job/<number>`, of which the newest counts: a file that
is written once and never again needs no rename over another, which object stores lack.
"""

from __future__ import annotations

import json
from typing import List, Optional

from .errors import TidewaterError
from .hadoop_fs import names_in, read_text, write_new
from .job_state import NOT_BEGUN, STATE_VERSION, Position


def position(spark, checkpoint: str, label: str, topic: str) -> Position:
    """label: the query's folder in the checkpoint, as in job_state."""
    folder = f"{checkpoint.rstrip('/')}/{label}"
    planned = _numbers(spark, f"{folder}/offsets")
    committed = set(planned).intersection(_numbers(spark, f"{folder}/commits"))
    if committed:
        last = max(committed)
        # Version, the batch's metadata, then the offsets of the one source.
        lines = read_text(spark, f"{folder}/offsets/{last}").splitlines()
        return Position(json.loads(lines[2]).get(topic, {}), planned[-1] > last)
    if 0 not in _numbers(spark, f"{folder}/sources/0"):
        return NOT_BEGUN
    # Spark's Kafka source puts a zero byte and a version before its initial offsets.
    initial = read_text(spark, f"{folder}/sources/0/0")
    return Position(json.loads(initial[initial.index("{") :]).get(topic, {}), bool(planned))


def read_state(spark, checkpoint: str) -> Optional[dict]:
    """The newest state; None in a checkpoint without one. Raises TidewaterError bad-document for a state of a
    newer version.
    """
    numbers = _numbers(spark, _folder(checkpoint))
    if not numbers:
        return None
    location = f"{_folder(checkpoint)}/{numbers[-1]}"
    state = json.loads(read_text(spark, location))
    if state.get("version") != STATE_VERSION:
        raise TidewaterError(
            "bad-document",
            f"/checkpointLocation: {location} has version {state.get('version')}, this release knows {STATE_VERSION}",
            "Run the release that wrote it, or a newer one.",
            {"path": "/checkpointLocation"},
        )
    return state


def write_state(spark, checkpoint: str, state: dict) -> None:
    """Appends the state. Raises TidewaterError checkpoint-not-writable."""
    numbers = _numbers(spark, _folder(checkpoint))
    number = numbers[-1] + 1 if numbers else 0
    write_new(spark, f"{_folder(checkpoint)}/{number}", json.dumps(state, sort_keys=True))


def _folder(checkpoint: str) -> str:
    return f"{checkpoint.rstrip('/')}/job"


def _numbers(spark, folder: str) -> List[int]:
    return sorted(int(name) for name in names_in(spark, folder) if name.isdigit())
