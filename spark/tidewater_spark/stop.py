"""Requests to stop a job: signals to the Python process, and a marker file."""

from __future__ import annotations

import signal
import sys
from typing import Callable, Optional

from .errors import first_lines

MARKER_POLL_SECONDS = 2.0


class StopRequests:
    """Remembers the first request to stop; a second signal asks to stop at once."""

    def __init__(self) -> None:
        self.reason: Optional[str] = None
        self.at_once = False
        self._signals = 0

    def request(self, reason: str) -> None:
        if self.reason is None:
            self.reason = reason

    def listen(self) -> None:
        """Installs the handlers. To be called again once a session runs: PySpark puts its own on SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._signals += 1
        # Counted apart from the reason: after a stop by the marker the first signal is still no more than a stop.
        if self._signals > 1:
            self.at_once = True
        self.request("signal")


class StopMarker:
    """Watches for the marker file.

    A marker that is there at the start was meant for an earlier run: deleting it would need a right the job
    has no other use for, and stopping for it would keep the job from ever starting again. It counts once its
    modification time changes. The look at the start may fail, and then nothing has begun; later ones are only
    logged.
    """

    def __init__(self, modified_at_ms: Callable[[], Optional[int]], now_seconds: Callable[[], float]):
        self._modified_at_ms = modified_at_ms
        self._now_seconds = now_seconds
        self._at_start = modified_at_ms()
        self._next_look = 0.0

    @property
    def stale_at_start(self) -> bool:
        return self._at_start is not None

    def appeared(self) -> bool:
        """Looks at most every MARKER_POLL_SECONDS, because on S3 each look is a paid request."""
        now = self._now_seconds()
        if now < self._next_look:
            return False
        self._next_look = now + MARKER_POLL_SECONDS
        try:
            found = self._modified_at_ms()
        except Exception as error:
            # The marker is a convenience: a store that does not answer for a moment must not end the job.
            print(f"looking for the stop marker failed: {first_lines(error)}", file=sys.stderr)
            return False
        return found is not None and found != self._at_start
