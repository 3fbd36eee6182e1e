"""Sets aside what the table's query could not decode.

Each micro-batch says how many records it read and how many it wrote. Only a range of offsets where the two differ is read
again, once the micro-batch is committed, and what can't be decoded is appended to the dead-letter table.

Exactly once rests on the level: up to which offsets every dead letter has landed. An append carries the level it reaches in its
snapshot's summary, so table and level change in one commit; a file in the checkpoint carries it too, for the ranges that had
none. A run that was cut short left the level behind the query; the next one reads the range between again.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from .events import Emit
from .job_state import DEAD_LETTERS
from .progress import Totals, instant_text, offsets, output_rows

Offsets = Dict[str, int]
STOP_TIMEOUT_SECONDS = 10.0


class Level(NamedTuple):
    """Every dead letter below `offsets` (by partition) has landed. sequence: grows with each level of a checkpoint."""

    sequence: int
    offsets: Offsets


class Batch(NamedTuple):
    """A committed micro-batch of the table's query.

    starts: None for its first. refused: records it read and did not write; None when unknown.
    """

    starts: Optional[Offsets]
    ends: Offsets
    refused: Optional[int]


class Range(NamedTuple):
    """Offsets by partition, ends exclusive; a partition that starts does not name is read from its beginning."""

    starts: Offsets
    ends: Offsets


def batch_of(progress: dict) -> Batch:
    """progress: Spark's report on a micro-batch."""
    source = progress["sources"][0]
    written = output_rows(progress)
    return Batch(
        offsets(source.get("startOffset")) or None,
        offsets(source.get("endOffset")),
        None if written is None else progress["numInputRows"] - written,
    )


def next_range(level: Offsets, batches: List[Batch]) -> Tuple[Optional[Range], Offsets]:
    """What has to be read again for these micro-batches, and the level they lead to.

    A report that went missing leaves a gap before the next one, which is read again too; a micro-batch that Spark replays,
    below the level, is not.
    """
    at = first = level
    last: Optional[Offsets] = None
    for batch in batches:
        is_clean = batch.refused == 0 and (batch.starts is None or batch.starts == at)
        at = _after(at, batch)
        if not is_clean:
            last = at
        elif last is None:
            first = at
    if last is None or not any(end > first.get(key, 0) for key, end in last.items()):
        return None, at
    return Range(first, last), at


def unsettled(level: Offsets, committed: Optional[Offsets]) -> List[Batch]:
    """What the query has committed (end offsets; None before its first) above the level: a run did not live to settle it."""
    if committed is None or not any(end > level.get(key, 0) for key, end in committed.items()):
        return []
    return [Batch(None, committed, None)]


def _after(at: Offsets, batch: Batch) -> Offsets:
    # Ends below its own starts are a topic that lost records, where the job may go on without them.
    starts = batch.starts or {}
    fell = {key: end for key, end in batch.ends.items() if end < starts.get(key, 0)}
    return {**at, **{key: max(end, at.get(key, 0)) for key, end in batch.ends.items()}, **fell}


class DeadLetters:
    """Runs beside the table's query, on a thread of its own, and ends when that has ended and all is set aside."""

    label = DEAD_LETTERS

    def __init__(
        self,
        level: Level,
        set_aside: Callable[[Range, Level], int],
        keep: Callable[[Level], None],
        cancel: Callable[[], None],
    ):
        """set_aside: appends the dead letters of a range along with the level it leads to, and returns their number.
        keep: writes a level down. cancel: ends set_aside early.
        """
        self.totals = Totals()
        self.totals.end_offsets = level.offsets
        self._level = level
        self._set_aside, self._keep, self._cancel = set_aside, keep, cancel
        self._waiting: List[Batch] = []
        self._events: List[Dict[str, Any]] = []
        self._changed = threading.Condition()
        self._finishing = self._interrupted = False
        self._failure: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._work, name="tidewater-dead-letters", daemon=True)

    def start(self) -> "DeadLetters":
        self._thread.start()
        return self

    def take(self, batch: Batch) -> None:
        with self._changed:
            self._waiting.append(batch)
            self._changed.notify()

    def finish(self) -> None:
        """No more micro-batches come."""
        with self._changed:
            self._finishing = True
            self._changed.notify()

    def report(self, emit: Emit) -> None:
        with self._changed:
            events, self._events = self._events, []
        for fields in events:
            emit("progress", query=self.label, **fields)

    @property
    def is_active(self) -> bool:
        return self._thread.is_alive()

    def is_between_batches(self) -> bool:
        # It ends by itself, after the table's query; a stop cuts it short only when time is up.
        return False

    def failure(self) -> Optional[BaseException]:
        return self._failure

    def stop(self) -> None:
        """Cuts it short: the next run goes on from the last level."""
        with self._changed:
            self._interrupted = True
            self._changed.notify()
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        # More than once: cancelling ends what runs, and that may begin a moment later.
        while self._thread.is_alive() and time.monotonic() < deadline:
            self._cancel()
            self._thread.join(0.2)

    def _work(self) -> None:
        try:
            while True:
                with self._changed:
                    while not (self._waiting or self._finishing or self._interrupted):
                        self._changed.wait()
                    batches, self._waiting = self._waiting, []
                    if self._interrupted or not batches:
                        return
                self._settle(batches)
        except BaseException as error:
            if not self._interrupted:
                self._failure = error

    def _settle(self, batches: List[Batch]) -> None:
        again, at = next_range(self._level.offsets, batches)
        if again is not None:
            reached = Level(self._level.sequence + 1, again.ends)
            self._event(again, lambda: self._set_aside(again, reached))
            self._keep(reached)
            self._level = reached
        if at != self._level.offsets:
            reached = Level(self._level.sequence + 1, at)
            self._keep(reached)
            self._level = reached
        self.totals.end_offsets = at

    def _event(self, again: Range, work: Callable[[], int]) -> None:
        started_at, started = time.time(), time.monotonic()
        letters = work()
        fields = {
            "batchId": self.totals.batches,
            "startedAt": instant_text(started_at),
            "inputRows": sum(end - max(again.starts.get(key, 0), 0) for key, end in again.ends.items()),
            "outputRows": letters,
            "durationMs": round((time.monotonic() - started) * 1000),
            "phasesMs": {},
            "startOffsets": again.starts,
            "endOffsets": again.ends,
        }
        with self._changed:
            self.totals.add(fields)
            self._events.append(fields)


def level_text(level: Level) -> str:
    return json.dumps({"sequence": level.sequence, "offsets": level.offsets}, sort_keys=True)


def level_of(text: str) -> Level:
    value = json.loads(text)
    return Level(value["sequence"], value["offsets"])
