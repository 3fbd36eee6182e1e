"""Where a job stands, as one JSON document put together from its events. Pure."""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Deque, Dict, Optional

from .progress import instant_text

VERSION = 1
RECENT_LIMIT = 100
# The events a run ends with, and the state they leave.
END_STATES = {"stopped": "stopped", "failed": "failed"}


class ProgressDocument:
    """What the events of one run have said so far."""

    def __init__(self, run_id: str, job: str, now_seconds: float):
        self._fields: Dict[str, Any] = {"version": VERSION, "runId": run_id, "job": job, "state": "running"}
        self._started_at = self._updated_at = instant_text(now_seconds)
        self._started: Optional[dict] = None
        self._ended: Optional[dict] = None
        self._last: Dict[str, dict] = {}
        self._recent: Deque[dict] = deque(maxlen=RECENT_LIMIT)
        self._totals: Dict[str, Dict[str, Any]] = {}

    @property
    def has_ended(self) -> bool:
        return self._ended is not None

    def add(self, event: str, fields: Dict[str, Any], now_seconds: float) -> None:
        """Takes in an event."""
        said = {"event": event, **fields}
        self._updated_at = instant_text(now_seconds)
        if event == "started":
            self._started = said
        elif event == "progress":
            self._last[fields["query"]] = said
            self._recent.append(said)
            self._sum(fields)
        elif event in END_STATES:
            self._ended = said
            self._fields["state"] = END_STATES[event]

    def _sum(self, fields: Dict[str, Any]) -> None:
        totals = self._totals.setdefault(
            fields["query"], {"batches": 0, "inputRows": 0, "outputRows": 0, "endOffsets": {}}
        )
        totals["batches"] += 1
        totals["inputRows"] += fields["inputRows"]
        totals["outputRows"] += fields["outputRows"] or 0
        totals["endOffsets"] = fields["endOffsets"] or totals["endOffsets"]

    def as_text(self) -> str:
        document = {
            **self._fields,
            "startedAt": self._started_at,
            "updatedAt": self._updated_at,
            "started": self._started,
            "progress": self._last,
            "recent": list(self._recent),
            "totals": self._totals,
        }
        if self._ended is not None:
            document["ended"] = self._ended
        return json.dumps(document, allow_nan=False, ensure_ascii=False)
