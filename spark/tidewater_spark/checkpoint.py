"""Reads where the query stands from Spark's checkpoint, and keeps the job's own state and the level of its dead letters
beside it.

Both are logs like Spark's own, `<checkpointLocation>/job/<number>` and `…/dead-letters/<sequence>`, of which the newest counts:
a file that is written once and never again needs no rename over another, which object stores lack.
"""

from __future__ import annotations

import json
from typing import List, Optional

from .dead_letter_table import committed_level
from .dead_letters import Level, level_of, level_text
from .errors import TidewaterError
from .hadoop_fs import modified_at_ms, names_in, read_text, remove_file, write_new
from .job_state import DEAD_LETTERS, MAIN, NOT_BEGUN, STATE_VERSION, Position

LEVELS_KEPT = 10


def position(spark, checkpoint: str, topic: str) -> Position:
    """Of the table's query."""
    folder = f"{checkpoint.rstrip('/')}/{MAIN}"
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
            "Run a release that knows it; one that does not would read records again or never.",
            {"path": "/checkpointLocation"},
        )
    return state


def write_state(spark, checkpoint: str, state: dict) -> None:
    """Appends the state. Raises TidewaterError checkpoint-not-writable."""
    numbers = _numbers(spark, _folder(checkpoint))
    number = numbers[-1] + 1 if numbers else 0
    write_new(spark, f"{_folder(checkpoint)}/{number}", json.dumps(state, sort_keys=True))


def read_level(spark, job: dict) -> Optional[Level]:
    """The newest level, of the checkpoint's and the dead-letter table's own: a run can end between the two. None before the first."""
    checkpoint = job["checkpointLocation"]
    metadata = f"{checkpoint.rstrip('/')}/{MAIN}/metadata"
    if modified_at_ms(spark, metadata) is None:
        return None
    committed = committed_level(spark, job, json.loads(read_text(spark, metadata))["id"])
    numbers = _numbers(spark, _letters_folder(checkpoint))
    kept = level_of(read_text(spark, f"{_letters_folder(checkpoint)}/{numbers[-1]}")) if numbers else None
    levels = [level for level in (committed, kept) if level is not None]
    return max(levels, key=lambda level: level.sequence, default=None)


def write_level(spark, checkpoint: str, level: Level) -> None:
    """Raises TidewaterError checkpoint-not-writable."""
    folder = _letters_folder(checkpoint)
    write_new(spark, f"{folder}/{level.sequence}", level_text(level))
    remove_file(spark, f"{folder}/{level.sequence - LEVELS_KEPT}")


def _letters_folder(checkpoint: str) -> str:
    return f"{checkpoint.rstrip('/')}/{DEAD_LETTERS}"


def _folder(checkpoint: str) -> str:
    return f"{checkpoint.rstrip('/')}/job"


def _numbers(spark, folder: str) -> List[int]:
    return sorted(int(name) for name in names_in(spark, folder) if name.isdigit())
