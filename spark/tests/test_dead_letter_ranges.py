"""Which offsets are read again for dead letters, and that each is set aside once: the decisions alone."""

from __future__ import annotations

import random
import threading
from typing import List

import pytest

from tidewater_spark.dead_letters import (
    Batch,
    DeadLetters,
    Level,
    Range,
    batch_of,
    level_of,
    level_text,
    next_range,
    unsettled,
)


def batch(start, end, refused=0) -> Batch:
    return Batch(None if start is None else {"0": start}, {"0": end}, refused)


@pytest.mark.parametrize(
    "batches, expected, level",
    [
        ([], None, 5),
        ([batch(5, 9)], None, 9),
        ([batch(None, 9)], None, 9),
        ([batch(5, 9, refused=1)], (5, 9), 9),
        ([batch(5, 9, refused=None)], (5, 9), 9),
        ([batch(5, 7), batch(7, 9, 1), batch(9, 12), batch(12, 14, 2), batch(14, 20)], (7, 14), 20),
        # A report went missing, a micro-batch was replayed, and one was replayed in part.
        ([batch(7, 9)], (5, 9), 9),
        ([batch(3, 5, 1)], None, 5),
        ([batch(3, 5, 1), batch(5, 8)], None, 8),
        ([batch(3, 8, 1)], (5, 8), 8),
        # The topic lost its records, and the job may go on without them.
        ([batch(5, 2, 0)], None, 2),
    ],
)
def test_what_is_read_again(batches, expected, level):
    again, at = next_range({"0": 5}, batches)
    assert again == (None if expected is None else Range({"0": expected[0]}, {"0": expected[1]}))
    assert at == {"0": level}


def test_a_partition_that_the_level_does_not_know_is_read_from_its_beginning():
    again, at = next_range({"0": 5}, [Batch({"0": 5}, {"0": 5, "1": 3}, 1)])
    assert again == Range({"0": 5}, {"0": 5, "1": 3}) and at == {"0": 5, "1": 3}


def test_what_a_run_left_behind_is_what_the_query_has_above_the_level():
    assert unsettled({"0": 5}, None) == unsettled({"0": 5}, {"0": 5}) == unsettled({"0": 5}, {"0": 3}) == []
    assert unsettled({"0": 5}, {"0": 7}) == unsettled({}, {"0": 7}) == [Batch(None, {"0": 7}, None)]


def test_refused_is_what_was_read_and_not_written_and_unknown_when_spark_did_not_count():
    progress = {
        "numInputRows": 10,
        "sources": [{"startOffset": {"t": {"0": 5}}, "endOffset": {"t": {"0": 15}}}],
        "sink": {"numOutputRows": 8},
    }
    assert batch_of(progress) == Batch({"0": 5}, {"0": 15}, 2)
    progress["sources"][0]["startOffset"], progress["sink"]["numOutputRows"] = None, -1
    assert batch_of(progress) == Batch(None, {"0": 15}, None)


def test_a_level_is_text_and_back():
    assert level_of(level_text(Level(3, {"0": 2**60}))) == Level(3, {"0": 2**60})


class Crash(Exception):
    pass


class World:
    """The tables and the checkpoint of a job, and a process that may end at each step."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.poison = {offset for offset in range(200) if self.random.random() < self.random.choice([0, 0, 0.3])}
        self.committed = 0
        self.set_aside: List[int] = []
        self.in_table = self.in_checkpoint = Level(0, {"0": 0})

    def step(self) -> None:
        if self.random.random() < 0.15:
            raise Crash

    def append(self, again: Range, reached: Level) -> int:
        self.step()
        found = [offset for offset in range(again.starts["0"], again.ends["0"]) if offset in self.poison]
        self.set_aside += found
        self.in_table = reached
        self.step()
        return len(found)

    def keep(self, reached: Level) -> None:
        self.step()
        assert reached.sequence > self.in_checkpoint.sequence, "each level is a new file"
        self.in_checkpoint = reached
        self.step()

    def run(self) -> None:
        level = max(self.in_table, self.in_checkpoint, key=lambda level: level.sequence)
        letters = DeadLetters(level, self.append, self.keep, lambda: None).start()
        for one in unsettled(level.offsets, {"0": self.committed}):
            letters.take(one)
        while self.committed < 200 and self.random.random() < 0.9:
            start, self.committed = self.committed, min(200, self.committed + self.random.randint(1, 20))
            refused = sum(offset in self.poison for offset in range(start, self.committed))
            if self.random.random() < 0.9:  # else the report goes missing
                letters.take(Batch({"0": start}, {"0": self.committed}, refused))
        letters.finish()
        letters._thread.join(10)
        assert not letters.is_active


@pytest.mark.parametrize("seed", range(150))
def test_each_dead_letter_is_set_aside_once_wherever_the_process_ends(seed):
    world = World(seed)
    for _ in range(100):
        world.run()
    world.step = lambda: None
    world.run()
    assert world.committed == 200 and sorted(world.set_aside) == sorted(world.poison)


def test_a_stop_cuts_it_short_and_is_no_failure():
    cancelled, begun = threading.Event(), threading.Event()

    def set_aside(_again, _reached):
        begun.set()
        assert cancelled.wait(10)
        raise RuntimeError("cancelled")

    letters = DeadLetters(Level(0, {"0": 0}), set_aside, lambda _level: None, cancelled.set).start()
    letters.take(batch(0, 5, 1))
    assert begun.wait(10) and letters.is_active and not letters.is_between_batches()
    letters.stop()
    assert not letters.is_active and letters.failure() is None
    assert letters.totals.end_offsets == {"0": 0}
