"""Events: one JSON document per line on standard output, and nothing else there."""

from __future__ import annotations

import json
import os
import sys
from typing import Callable, TextIO

Emit = Callable[..., None]


def take_over_stdout() -> TextIO:
    """Keeps standard output for events and sends everything else that writes there to standard error.

    The JVM and Python's workers inherit file descriptor 1, so replacing sys.stdout alone would let their
    output in.
    """
    events_out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    sys.stdout.flush()
    os.dup2(2, 1)
    return events_out


def event_writer(out: TextIO) -> Emit:
    """Returns emit(event, **fields), which writes one line and flushes it."""

    def emit(event: str, **fields: object) -> None:
        # NaN is no JSON; a value that could be one is made a string where it is read.
        out.write(json.dumps({"event": event, **fields}, allow_nan=False, ensure_ascii=False) + "\n")
        out.flush()

    return emit
