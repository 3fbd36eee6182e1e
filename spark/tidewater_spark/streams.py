"""Watches the running query and its dead letters: reports micro-batches, stops between micro-batches, finds what
failed.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Callable, Optional

from .dead_letters import DeadLetters
from .errors import first_lines
from .events import Emit
from .job_state import MAIN
from .progress import Totals, is_micro_batch, progress_fields
from .stop import StopMarker, StopRequests

POLL_SECONDS = 0.25
# While stopping, the gap between two micro-batches has to be met.
STOPPING_POLL_SECONDS = 0.02


class Stream:
    """The table's streaming query."""

    label = MAIN

    def __init__(self, query, on_batch: Callable[[dict], None]) -> None:
        """on_batch: is given Spark's report on each micro-batch, in their order."""
        self.query = query
        self.totals = Totals()
        self._on_batch = on_batch
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
                fields = progress_fields(progress)
                self.totals.add(fields)
                self._on_batch(progress)
                emit("progress", query=self.label, **fields)

    @property
    def is_active(self) -> bool:
        return self.query.isActive

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

    def stop(self) -> None:
        self.query.stop()


class StreamFailed(Exception):
    """A part of the job ended with an error. cause: a Java exception, or one of Python's."""

    def __init__(self, label: str, cause):
        super().__init__(f"the query {label} failed")
        self.label = label
        self.cause = cause


class Outcome:
    def __init__(self, reason: str, graceful: bool):
        self.reason = reason
        self.graceful = graceful


def watch(
    main: Stream,
    letters: Optional[DeadLetters],
    emit: Emit,
    stop: StopRequests,
    marker: Optional[StopMarker],
    timeout_seconds: int,
    now_seconds: Callable[[], float],
) -> Outcome:
    """Returns when the query and its dead letters have ended or were stopped. Raises StreamFailed; the caller then
    stops the other.

    timeout_seconds: how long a stop waits for what is under way before it interrupts it.
    """
    parts = [main] if letters is None else [main, letters]
    pause = threading.Event()
    deadline: Optional[float] = None
    graceful = True
    while True:
        main_had_ended = not main.is_active
        for part in parts:
            part.report(emit)
        if main_had_ended and letters is not None:
            letters.finish()
        active = [part for part in parts if part.is_active]
        for part in parts:
            if part not in active and (deadline is None or graceful) and part.failure() is not None:
                raise StreamFailed(part.label, part.failure())
        if not active:
            for part in parts:
                part.report(emit)
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
        for part in active:
            between = part.is_between_batches()
            if between or overdue:
                graceful = graceful and between
                part.stop()
        pause.wait(STOPPING_POLL_SECONDS)


def stop_all(parts: list) -> None:
    """Interrupts what still runs, after a failure: the next run reads it again.

    A stop that fails is only logged, so that it can't hide the failure that led here.
    """
    for part in parts:
        try:
            if part.is_active:
                part.stop()
        except Exception as error:
            print(f"stopping the query {part.label} failed: {first_lines(error)}", file=sys.stderr)
