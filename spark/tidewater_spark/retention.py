"""How many snapshots an expiry must keep so that no streaming query can append a micro-batch twice. Pure.

Iceberg's streaming sink recognises a micro-batch that Spark replays by walking from the current snapshot
through its ancestors to the newest one of that query and comparing epochs. Expire that snapshot, or cut the
chain before it, and the replay is appended again.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional

QUERY_ID_KEY = "spark.sql.streaming.queryId"
# What a query's dead letters carry, who look for the newest snapshot of theirs as well (dead_letter_table).
DEAD_LETTERS_KEY = "tidewater.dead-letters.query-id"


class Snapshot(NamedTuple):
    snapshot_id: int
    parent_id: Optional[int]
    summary: Dict[str, str]
    committed_at_ms: int


class Retention(NamedTuple):
    retain_last: int
    reason: str
    protected: List[dict]


def ancestors(snapshots: List[Snapshot], current_id: Optional[int]) -> List[Snapshot]:
    """The current snapshot, its parent, and so on, as far as they are still there."""
    by_id = {snapshot.snapshot_id: snapshot for snapshot in snapshots}
    chain: List[Snapshot] = []
    here = by_id.get(current_id) if current_id is not None else None
    while here is not None and len(chain) < len(snapshots):
        chain.append(here)
        here = by_id.get(here.parent_id) if here.parent_id is not None else None
    return chain


def retention(
    chain: List[Snapshot], requested: int, protect_query_ids: List[str], written_since_ms: int
) -> Retention:
    """Raises the requested retain_last until the newest snapshot of each protected query stays.

    chain: what ancestors() returns. Protected are the query that wrote last, every query that wrote at or after
    written_since_ms (Unix milliseconds), and protect_query_ids whenever they wrote. protected says of each why, and
    comes newest first, those without a snapshot last.
    """
    newest: Dict[str, int] = {}
    for depth, snapshot in enumerate(chain):
        query_id = snapshot.summary.get(QUERY_ID_KEY) or snapshot.summary.get(DEAD_LETTERS_KEY)
        if query_id is not None:
            newest.setdefault(query_id, depth)
    protected = []
    retain_last, reason = requested, "as requested"
    for query_id, depth in newest.items():
        why = _why(query_id, not protected, chain[depth], protect_query_ids, written_since_ms)
        if why is None:
            continue
        protected.append(_protected(query_id, why, chain[depth], depth))
        if depth + 1 > retain_last:
            retain_last = depth + 1
            reason = (
                f"raised from {requested}: streaming query {query_id} wrote last in snapshot {chain[depth].snapshot_id}, "
                f"{depth} behind the current one, and would append its last micro-batch again without it"
            )
    protected += [
        _protected(query_id, "requested", None, None)
        for query_id in protect_query_ids
        if query_id not in newest
    ]
    return Retention(retain_last, reason, protected)


def _why(
    query_id: str, is_latest: bool, snapshot: Snapshot, protect_query_ids: List[str], written_since_ms: int
) -> Optional[str]:
    if is_latest:
        return "wrote-last"
    if query_id in protect_query_ids:
        return "requested"
    return "wrote-recently" if snapshot.committed_at_ms >= written_since_ms else None


def _protected(query_id: str, why: str, snapshot: Optional[Snapshot], depth: Optional[int]) -> dict:
    return {
        "queryId": query_id,
        "because": why,
        "snapshotId": None if snapshot is None else str(snapshot.snapshot_id),
        "depth": depth,
    }
