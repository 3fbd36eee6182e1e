"""The table's query and the dead letters' share the topic: each record lands in one of the two tables."""

from __future__ import annotations

import copy
import json

import pytest
from avro_bytes import event
from conftest import EVENT_SCHEMA
from test_stop_and_crash import forget_last_commit

from tidewater_spark import kafka_to_iceberg
from tidewater_spark.errors import TidewaterError

pytestmark = pytest.mark.spark

POISON = b"\xff" * 11
LATEST = {"startingOffsets": "latest"}
FAIL = {"onDecodeError": "fail"}


def before_the_start_of(monkeypatch, index: int, act) -> None:
    """Calls act just before the query of that index starts."""
    prepare = kafka_to_iceberg.prepare

    def prepared(spark, job):
        found = prepare(spark, job)
        start = found.starts[index]

        def acted():
            act()
            return start()

        found.starts[index] = acted
        return found

    monkeypatch.setattr(kafka_to_iceberg, "prepare", prepared)


def main_alone(monkeypatch) -> None:
    prepare = kafka_to_iceberg.prepare

    def prepared(spark, job):
        found = prepare(spark, job)
        del found.starts[1:]
        return found

    monkeypatch.setattr(kafka_to_iceberg, "prepare", prepared)


@pytest.mark.parametrize("index", [0, 1])
def test_latest_is_one_place_for_both_queries(harness, monkeypatch, index):
    harness.create_topic(2)
    harness.produce([event(0), POISON], partition=0)
    with monkeypatch.context() as patch:
        before_the_start_of(patch, index, lambda: harness.produce([POISON, event(1)], partition=0))
        harness.run(source=LATEST)
    harness.produce([event(2)], partition=1)
    harness.run(source=LATEST)
    assert harness.coordinates() == [(0, 3), (1, 0)]
    assert harness.coordinates(harness.dead_letters) == [(0, 2)]


def test_dead_letters_begin_where_a_job_that_fails_on_poison_stands(harness):
    harness.create_topic(1)
    harness.produce([POISON])
    harness.run(source=LATEST, decoding=FAIL)
    harness.produce([event(1)])
    harness.run(source=LATEST, decoding=FAIL)
    harness.produce([event(2), POISON, event(4)])
    with pytest.raises(TidewaterError) as caught:
        harness.run(source=LATEST, decoding=FAIL)
    assert caught.value.code == "undecodable-record" and caught.value.details["offset"] == 3
    harness.run(source=LATEST)
    assert harness.coordinates() == [(0, 1), (0, 2), (0, 4)]
    assert harness.coordinates(harness.dead_letters) == [(0, 3)]
    harness.run(source=LATEST)
    assert harness.coordinates(harness.dead_letters) == [(0, 3)]
    states = sorted((harness.checkpoint / "job").glob("[0-9]*"))
    assert [json.loads(path.read_text())["starts"]["dead-letters"] for path in states] == [None, {"0": 2}]


def test_a_job_stuck_in_its_first_micro_batch_hands_its_poison_to_the_dead_letters(harness):
    harness.create_topic(1)
    harness.produce([event(0), POISON])
    with pytest.raises(TidewaterError):
        harness.run(decoding=FAIL)
    harness.run(source=LATEST)
    assert harness.coordinates() == [(0, 0)]
    assert harness.coordinates(harness.dead_letters) == [(0, 1)]


def with_note_the_other_way_round() -> dict:
    """A schema of the same columns, by which a record without a note can't be decoded."""
    schema = copy.deepcopy(EVENT_SCHEMA)
    schema["fields"][2] = {"name": "note", "type": ["string", "null"]}
    return schema


def test_another_schema_waits_until_both_queries_are_level(harness, monkeypatch):
    other = {"schema": with_note_the_other_way_round()}
    harness.create_topic(1)
    harness.produce([event(0), POISON])
    harness.run()
    harness.produce([event(2), POISON])
    with monkeypatch.context() as patch:
        main_alone(patch)
        harness.run()

    with pytest.raises(TidewaterError) as caught:
        harness.run(decoding=other)
    assert caught.value.code == "decoding-changed" and harness.events == []
    assert caught.value.details["changed"] == ["schemaSha256"]
    assert caught.value.details["queries"] == {
        "main": {"offsets": {"0": 4}, "pending": False},
        "dead-letters": {"offsets": {"0": 2}, "pending": False},
    }

    harness.run()
    forget_last_commit(harness, "dead-letters")
    with pytest.raises(TidewaterError) as caught:
        harness.run(decoding=other)
    assert caught.value.details["queries"]["dead-letters"] == {"offsets": {"0": 2}, "pending": True}

    harness.run()
    harness.produce([event(4)])
    harness.run(decoding=other)
    assert harness.coordinates() == [(0, 0), (0, 2)]
    assert harness.coordinates(harness.dead_letters) == [(0, 1), (0, 3), (0, 4)]
