"""Watches running streaming queries: reports their micro-batches, stops them between micro-batches, finds
the one that failed.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Callable, List, Optional

from .errors import first_lines
from .events import Emit
from .progress import Totals, is_micro_batch, progress_fields
from .stop import StopMarker, StopRequests

POLL_SECONDS = 0.25
# While stopping, the gap between two micro-batches has to be met.
STOPPING_POLL_SECONDS = 0.02


class Stream:
    """One streaming query of the job. label: `main` or `dead-letters`."""

    def __init__(self, label: str, query) -> None:
        self.label = label
        self.query = query
        self.totals = Totals()
        self._seen: Optional[tuple] = None
        self._batches_at_request: Optional[int] = None

    def report(self, emit: Emit) -> None:
        """Emits a `progress` event for each micro-batch that ended since the last call."""
        reports = self.query._jsq.recentProgress()
        fresh = []
        for index in range(len(reports) - 1, -1, -1):
            key = (reports[index].batchId(), reports[index].timestamp())
            if key == self._seen:
                break
            fresh.append((key, reports[index]))
        if fresh:
            self._seen = fresh[0][0]
        for _, report in reversed(fresh):
            progress = json.loads(report.json())
            if is_micro_batch(progress):
                self.totals.add(progress)
                emit("progress", query=self.label, **progress_fields(progress))

    def is_between_batches(self) -> bool:
        """True when no trigger runs, or when the micro-batch that ran at the first call of this method has
        ended.
        """
        if self._batches_at_request is None:
            self._batches_at_request = self.totals.batches
        return self.totals.batches > self._batches_at_request or not self.query.status["isTriggerActive"]

    def failure(self):
        """The Java exception that ended the query, or None."""
        found = self.query._jsq.exception()
        return found.get() if found.isDefined() else None


class StreamFailed(Exception):
    """A query ended with an error. cause: its Java exception."""

    def __init__(self, stream: Stream, cause):
        super().__init__(f"the query {stream.label} failed")
        self.stream = stream
        self.cause = cause


class Outcome:
    def __init__(self, reason: str, graceful: bool):
        self.reason = reason
        self.graceful = graceful


def watch(
    streams: List[Stream],
    emit: Emit,
    stop: StopRequests,
    marker: Optional[StopMarker],
    timeout_seconds: int,
    now_seconds: Callable[[], float],
) -> Outcome:
    """Returns when all queries have ended or were stopped. Raises StreamFailed; the caller then stops the
    others.

    timeout_seconds: how long a stop waits for the micro-batch under way before it interrupts it.
    """
    pause = threading.Event()
    deadline: Optional[float] = None
    graceful = True
    while True:
        for stream in streams:
            stream.report(emit)
        active = [stream for stream in streams if stream.query.isActive]
        for stream in streams:
            if stream not in active and (deadline is None or graceful) and stream.failure() is not None:
                raise StreamFailed(stream, stream.failure())
        if not active:
            for stream in streams:
                stream.report(emit)
            return Outcome(stop.reason or "available-now-done", graceful)
        if stop.reason is None and marker is not None and marker.appeared():
            stop.request("stop-marker")
        if stop.reason is not None and deadline is None:
            deadline = now_seconds() + timeout_seconds
            emit("stopping", reason=stop.reason, timeoutSeconds=timeout_seconds)
        if deadline is None:
            pause.wait(POLL_SECONDS)
            continue
        overdue = stop.at_once or now_seconds() >= deadline
        for stream in active:
            between = stream.is_between_batches()
            if between or overdue:
                graceful = graceful and between
                stream.query.stop()
        pause.wait(STOPPING_POLL_SECONDS)


def stop_all(streams: List[Stream]) -> None:
    """Interrupts what still runs, after a failure: an interrupted micro-batch is read again by the next run.

    A stop that fails is only logged, so that it can't hide the failure that led here.
    """
    for stream in streams:
        try:
            if stream.query.isActive:
                stream.query.stop()
        except Exception as error:
            print(f"stopping the query {stream.label} failed: {first_lines(error)}", file=sys.stderr)
