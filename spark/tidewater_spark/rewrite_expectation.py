"""Whether rewrite_data_files has something to do, told from the table's files by the rules of Iceberg's
planner. Pure.

With partial progress, commits that fail are only logged, and the procedure ends well with nothing rewritten;
the one way to see it is to know beforehand that files were due.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple

DEFAULT_TARGET_BYTES = 536870912
DEFAULT_MIN_INPUT_FILES = 5
MIN_SIZE_RATIO = 0.75
MAX_SIZE_RATIO = 1.80


class SizeBounds(NamedTuple):
    """Files outside [min_bytes, max_bytes] are due for rewriting."""

    target_bytes: int
    min_bytes: int
    max_bytes: int
    min_input_files: int
    rewrite_all: bool


class PartitionFiles(NamedTuple):
    """Data files of one partition that are outside the bounds (all of them under rewrite-all)."""

    files: int
    total_bytes: int


def size_bounds(options: Dict[str, str], table_properties: Dict[str, str]) -> SizeBounds:
    """The bounds the planner takes from the operation's options and the table's properties, in bytes."""
    target = int(
        options.get("target-file-size-bytes")
        or table_properties.get("write.target-file-size-bytes")
        or DEFAULT_TARGET_BYTES
    )
    return SizeBounds(
        target_bytes=target,
        min_bytes=int(options.get("min-file-size-bytes", int(target * MIN_SIZE_RATIO))),
        max_bytes=int(options.get("max-file-size-bytes", int(target * MAX_SIZE_RATIO))),
        min_input_files=int(options.get("min-input-files", DEFAULT_MIN_INPUT_FILES)),
        rewrite_all=options.get("rewrite-all", "false").lower() == "true",
    )


def is_rewrite_due(bounds: SizeBounds, partitions: List[PartitionFiles]) -> bool:
    """True only when the planner must select a group: rules about delete files, which can add groups, are
    left out.
    """
    for part in partitions:
        if bounds.rewrite_all and part.files > 0:
            return True
        if part.files > 1 and (
            part.files >= bounds.min_input_files or part.total_bytes > bounds.target_bytes
        ):
            return True
    return False
