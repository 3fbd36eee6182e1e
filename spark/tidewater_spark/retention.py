"""How many snapshots an expiry must keep so that no streaming query can append a micro-batch twice. Pure.

Iceberg's streaming sink recognises a micro-batch that Spark replays by walking from the current snapshot
through its ancestors to the newest one of that query and comparing epochs. Expire that snapshot, or cut the
chain before it, and the replay is appended again.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional

QUERY_ID_KEY = "spark.sql.streaming.queryId"


class Snapshot(NamedTuple):
    snapshot_id: int
    parent_id: Optional[int]
    summary: Dict[str, str]


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


def retention(chain: List[Snapshot], requested: int, protect_query_ids: List[str]) -> Retention:
    """Raises the requested retain_last until the newest snapshot of each protected query stays.

    chain: what ancestors() returns. Protected are the query that wrote last and protect_query_ids.
    """
    newest: Dict[str, int] = {}
    for depth, snapshot in enumerate(chain):
        query_id = snapshot.summary.get(QUERY_ID_KEY)
        if query_id is not None:
            newest.setdefault(query_id, depth)
    latest = min(newest, key=lambda query_id: newest[query_id]) if newest else None
    wanted = ([latest] if latest is not None else []) + [item for item in protect_query_ids if item != latest]
    protected = []
    retain_last, reason = requested, "as requested"
    for query_id in wanted:
        depth = newest.get(query_id)
        protected.append(
            {
                "queryId": query_id,
                "snapshotId": None if depth is None else str(chain[depth].snapshot_id),
                "depth": depth,
            }
        )
        if depth is not None and depth + 1 > retain_last:
            retain_last = depth + 1
            reason = (
                f"raised from {requested}: streaming query {query_id} wrote last in snapshot {chain[depth].snapshot_id}, "
                f"{depth} behind the current one, and would append its last micro-batch again without it"
            )
    return Retention(retain_last, reason, protected)
