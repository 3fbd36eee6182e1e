"""Table and dead letters are two commits: each record lands in one of the two, whatever happens between them."""

from __future__ import annotations

import copy
import json

import pytest
from avro_bytes import event
from conftest import EVENT_SCHEMA
from test_stop_and_crash import forget_last_commit

from tidewater_spark import job_queries, kafka_to_iceberg
from tidewater_spark.dead_letter_table import DeadLetterTable
from tidewater_spark.errors import TidewaterError

pytestmark = pytest.mark.spark

POISON = b"\xff" * 11
LATEST = {"startingOffsets": "latest"}
FAIL = {"onDecodeError": "fail"}


class Died(Exception):
    """Stands for the end of the process at this point."""


def die(*_arguments):
    raise Died("here")


def run_that_dies(harness, **sections) -> TidewaterError:
    with pytest.raises(TidewaterError) as caught:
        harness.run(**sections)
    assert caught.value.code == "stream-failed" and caught.value.details["query"] == "dead-letters"
    assert "here" in caught.value.message
    return caught.value


def dead_letter_snapshots(harness) -> int:
    return harness.spark.sql(f"SELECT * FROM {harness.dead_letters}.snapshots").count()


def dead_letter_ranges(harness) -> list:
    """What the last run read again: first and last offsets by partition."""
    letters = [item for item in harness.events if item.get("query") == "dead-letters"]
    return [(item["startOffsets"], item["endOffsets"]) for item in letters]


def test_latest_is_resolved_once(harness, monkeypatch):
    harness.create_topic(2)
    harness.produce([event(0), POISON], partition=0)
    prepare = kafka_to_iceberg.prepare

    def produce_before_the_start(spark, job):
        found = prepare(spark, job)
        harness.produce([POISON, event(1)], partition=0)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(kafka_to_iceberg, "prepare", produce_before_the_start)
        harness.run(source=LATEST)
    harness.produce([event(2)], partition=1)
    harness.run(source=LATEST)
    assert harness.coordinates() == [(0, 3), (1, 0)]
    assert harness.coordinates(harness.dead_letters) == [(0, 2)]


def test_only_micro_batches_with_dead_letters_are_read_again(harness):
    harness.create_topic(1)
    harness.produce([*(event(number) for number in range(4)), POISON, event(5), event(6), event(7), POISON])
    stopped = harness.run(source={"maxOffsetsPerTrigger": 2})
    read_again = [number for start, end in dead_letter_ranges(harness) for number in range(start["0"], end["0"])]
    assert set(read_again) >= {4, 8} and not set(read_again) & {0, 1, 2, 3}
    assert stopped["queries"]["dead-letters"] == {
        "batches": len(dead_letter_ranges(harness)),
        "inputRows": len(read_again),
        "outputRows": 2,
        "endOffsets": {"0": 9},
    }
    assert harness.coordinates(harness.dead_letters) == [(0, 4), (0, 8)]


def test_a_run_that_dies_before_the_dead_letters_commit_leaves_them_to_the_next(harness, monkeypatch):
    harness.create_topic(2)
    harness.produce([event(0), POISON], partition=0)
    with monkeypatch.context() as patch:
        patch.setattr(DeadLetterTable, "set_aside", die)
        run_that_dies(harness)
    assert harness.coordinates() == [(0, 0)] and harness.coordinates(harness.dead_letters) == []
    harness.produce([POISON, event(1)], partition=1)
    harness.run()
    harness.run()
    assert harness.coordinates() == [(0, 0), (1, 1)]
    assert harness.coordinates(harness.dead_letters) == [(0, 1), (1, 0)]


def test_a_run_that_dies_after_the_dead_letters_commit_does_not_repeat_them(harness, monkeypatch):
    harness.create_topic(1)
    harness.produce([event(0), POISON])
    with monkeypatch.context() as patch:
        patch.setattr(job_queries, "write_level", die)
        run_that_dies(harness)
    assert not (harness.checkpoint / "dead-letters").exists()
    harness.run()
    assert dead_letter_ranges(harness) == [] and dead_letter_snapshots(harness) == 1
    harness.produce([event(2), POISON])
    harness.run()
    assert harness.coordinates() == [(0, 0), (0, 2)]
    assert harness.coordinates(harness.dead_letters) == [(0, 1), (0, 3)]


def test_a_replayed_micro_batch_is_not_set_aside_again(harness):
    harness.create_topic(1)
    harness.produce([event(0), POISON])
    harness.run()
    forget_last_commit(harness)
    harness.produce([event(2), POISON])
    harness.run()
    assert harness.coordinates() == [(0, 0), (0, 2)]
    assert harness.coordinates(harness.dead_letters) == [(0, 1), (0, 3)]


def test_two_jobs_may_share_a_dead_letter_table(harness, tmp_path):
    harness.create_topic(1)
    harness.produce([event(0), POISON])
    shared = {"deadLetterTable": {"namespace": "db", "name": harness.dead_letters.split(".")[-1]}}
    harness.run(decoding=shared)
    other_table = {"name": f"{harness.name}_other"}
    first, harness.checkpoint = harness.checkpoint, tmp_path / "other"
    harness.run(decoding=shared, table=other_table)
    harness.checkpoint = first
    harness.produce([POISON])
    harness.run(decoding=shared)
    assert harness.coordinates(harness.dead_letters) == [(0, 1), (0, 1), (0, 2)]


def test_a_new_checkpoint_knows_nothing_of_the_levels_before(harness, tmp_path):
    harness.create_topic(1)
    harness.produce([event(0), POISON])
    harness.run()
    harness.checkpoint = tmp_path / "new"
    harness.run()
    assert harness.coordinates() == [(0, 0), (0, 0)]
    assert harness.coordinates(harness.dead_letters) == [(0, 1), (0, 1)]


def test_a_partition_added_since_is_read_whole(harness):
    harness.create_topic(1)
    harness.produce([event(0), POISON])
    harness.run()
    jvm = harness.spark._jvm
    wanted = jvm.java.util.HashMap()
    wanted.put(harness.topic, jvm.org.apache.kafka.clients.admin.NewPartitions.increaseTo(2))
    admin = harness.admin()
    admin.createPartitions(wanted).all().get(30, jvm.java.util.concurrent.TimeUnit.SECONDS)
    admin.close()
    harness.produce([POISON, event(1)], partition=1)
    harness.run()
    assert harness.coordinates() == [(0, 0), (1, 1)]
    assert harness.coordinates(harness.dead_letters) == [(0, 1), (1, 0)]


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


def test_another_schema_waits_until_the_dead_letters_are_level(harness, monkeypatch):
    other = {"schema": with_note_the_other_way_round()}
    harness.create_topic(1)
    harness.produce([event(0), POISON])
    harness.run()
    harness.produce([event(2), POISON])
    with monkeypatch.context() as patch:
        patch.setattr(DeadLetterTable, "set_aside", die)
        run_that_dies(harness)

    with pytest.raises(TidewaterError) as caught:
        harness.run(decoding=other)
    assert caught.value.code == "decoding-changed" and harness.events == []
    assert caught.value.details["changed"] == ["schemaSha256"]
    assert caught.value.details["queries"] == {
        "main": {"offsets": {"0": 4}, "pending": False},
        "dead-letters": {"offsets": {"0": 2}, "pending": False},
    }

    harness.run()
    harness.produce([event(4)])
    harness.run(decoding=other)
    assert harness.coordinates() == [(0, 0), (0, 2)]
    assert harness.coordinates(harness.dead_letters) == [(0, 1), (0, 3), (0, 4)]


def test_a_checkpoint_of_another_version_is_refused(harness):
    harness.create_topic(1)
    (harness.checkpoint / "job").mkdir(parents=True)
    (harness.checkpoint / "job" / "0").write_text('{"version": 1}')
    with pytest.raises(TidewaterError) as caught:
        harness.run()
    assert caught.value.code == "bad-document" and "version 1" in caught.value.message
