"""Keeps a job's progress document in a folder, for whoever can't read the driver's standard output."""

from __future__ import annotations

import sys
import threading
import time
import uuid
from typing import Any, Callable

from .errors import first_lines
from .events import Emit
from .hadoop_fs import replace_text
from .progress_document import ProgressDocument

PAUSE_SECONDS = 1.0
LAST_WRITE_TIMEOUT_SECONDS = 30.0


def observed(spark, job: dict, emit: Emit) -> Emit:
    """An emit that keeps the progress document too, when the job names a place for it."""
    folder = job.get("progressLocation")
    if folder is None:
        return emit
    run_id = job.get("runId") or str(uuid.uuid4())
    location = f"{folder.rstrip('/')}/{run_id}.json"
    document = ProgressDocument(run_id, job["name"], time.time())
    log = ProgressLog(document, lambda text: replace_text(spark, location, text))

    def emit_and_keep(event: str, **fields: Any) -> None:
        emit(event, **fields)
        log.add(event, fields)

    return emit_and_keep


class ProgressLog:
    """Writes the document when an event has changed it, at most once in PAUSE_SECONDS, and once more at the end.

    A thread of its own writes: a store that does not answer must not keep the job from its work or its stop. A
    write that fails is logged, and the next event brings another.
    """

    def __init__(self, document: ProgressDocument, write: Callable[[str], None]):
        self._document = document
        self._write = write
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="tidewater-progress", daemon=True)
        self._thread.start()

    def add(self, event: str, fields: dict) -> None:
        """Takes in an event; with the last one it returns when the document is written, or after
        LAST_WRITE_TIMEOUT_SECONDS.
        """
        with self._lock:
            self._document.add(event, fields, time.time())
            ended = self._document.has_ended
        if ended:
            self._ended.set()
        self._changed.set()
        if ended:
            self._thread.join(LAST_WRITE_TIMEOUT_SECONDS)

    def _work(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            with self._lock:
                text, ended = self._document.as_text(), self._document.has_ended
            try:
                self._write(text)
            except Exception as error:
                print(f"writing the progress failed: {first_lines(error)}", file=sys.stderr)
            if ended:
                return
            self._ended.wait(PAUSE_SECONDS)
