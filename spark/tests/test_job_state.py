"""What a job remembers, and which changes it refuses: the decisions alone."""

from __future__ import annotations

import copy
import json

import pytest
from conftest import EVENT_SCHEMA, NOW_SECONDS, job_document

from tidewater_spark.document import validate
from tidewater_spark.errors import TidewaterError
from tidewater_spark.job_state import NOT_BEGUN, Position, decoding_of, must_resolve, next_state
from tidewater_spark.kafka_source import EARLIEST, source_options

CATALOG = {"name": "local", "type": "hadoop", "warehouse": "/w"}


def job(schema=EVENT_SCHEMA, starting="latest", **decoding) -> dict:
    document = job_document(
        CATALOG,
        "127.0.0.1:9092",
        "t",
        "t",
        "/c",
        decoding={"schema": schema, **decoding},
        source={"startingOffsets": starting},
    )
    return validate("job", document, NOW_SECONDS)


def at(offset, pending=False) -> Position:
    return Position({"0": offset}, pending)


FAIL = {"onDecodeError": "fail"}
OTHER = {"maxValueBytes": 4096}


def first_state(**decoding) -> dict:
    return next_state(None, job(**decoding), NOT_BEGUN, NOT_BEGUN, {"0": 5})


def test_both_queries_of_a_first_run_begin_at_the_same_offsets():
    assert must_resolve(None, job(), NOT_BEGUN, NOT_BEGUN)
    assert first_state()["starts"] == {"main": {"0": 5}, "dead-letters": {"0": 5}}
    assert first_state(**FAIL)["starts"] == {"main": {"0": 5}, "dead-letters": None}


def test_the_first_offsets_stand_once_a_query_has_begun_or_the_document_asks_for_the_same():
    state = first_state()
    assert not must_resolve(state, job(), NOT_BEGUN, NOT_BEGUN)
    assert must_resolve(state, job(starting="earliest"), NOT_BEGUN, NOT_BEGUN)
    assert not must_resolve(state, job(starting="earliest"), at(5), NOT_BEGUN)
    assert not must_resolve(state, job(starting="earliest"), NOT_BEGUN, at(5))
    again = next_state(state, job(starting="earliest"), NOT_BEGUN, NOT_BEGUN, {"0": 0})
    assert again["starts"] == {"main": {"0": 0}, "dead-letters": {"0": 0}}
    assert again["wanted"]["startingOffsets"] == "earliest"


def test_dead_letters_asked_for_later_begin_where_main_has_committed():
    assert next_state(first_state(**FAIL), job(), at(9, pending=True), NOT_BEGUN, None)["starts"] == {
        "main": {"0": 5},
        "dead-letters": {"0": 9},
    }
    assert next_state(None, job(), at(9), NOT_BEGUN, None)["starts"]["dead-letters"] == {"0": 9}


def test_dead_letters_that_were_to_begin_with_main_do_so_also_after_main_went_on_alone():
    assert next_state(first_state(), job(), at(9), NOT_BEGUN, None)["starts"]["dead-letters"] == {"0": 5}


@pytest.mark.parametrize(
    "main, letters, main_at, letters_at",
    [
        (at(9), at(7), 9, 7),
        (at(7), at(9), 7, 9),
        (at(9, pending=True), at(9), 9, 9),
        (at(9), at(9, pending=True), 9, 9),
        (at(9), NOT_BEGUN, 9, 5),
        (Position({"0": 9, "1": 4}, False), at(9), 9, 9),
    ],
)
@pytest.mark.parametrize("mode", ["dead-letter", "fail"])
def test_another_decoding_is_refused_while_the_queries_are_not_level(
    main, letters, main_at, letters_at, mode
):
    with pytest.raises(TidewaterError) as caught:
        next_state(first_state(), job(**OTHER, onDecodeError=mode), main, letters, None)
    error = caught.value
    assert error.code == "decoding-changed" and "old document" in error.remedy
    assert error.details["changed"] == ["maxValueBytes"]
    assert error.details["queries"]["main"]["offsets"]["0"] == main_at
    assert error.details["queries"]["dead-letters"]["offsets"]["0"] == letters_at
    assert next_state(first_state(), job(), main, letters, None)["decoding"] == first_state()["decoding"]


@pytest.mark.parametrize("main, letters", [(at(9), at(9)), (NOT_BEGUN, NOT_BEGUN), (at(5), NOT_BEGUN)])
def test_another_decoding_is_taken_when_the_queries_are_level(main, letters):
    state = next_state(first_state(), job(**OTHER), main, letters, None)
    assert state["decoding"] == decoding_of(job(**OTHER)) != first_state()["decoding"]


def test_a_job_that_fails_on_poison_may_be_given_the_right_schema_but_not_with_dead_letters_at_once():
    stuck = at(9, pending=True)
    assert next_state(first_state(**FAIL), job(**OTHER, **FAIL), stuck, NOT_BEGUN, None)["decoding"] == (
        decoding_of(job(**OTHER))
    )
    with pytest.raises(TidewaterError) as caught:
        next_state(first_state(**FAIL), job(**OTHER), stuck, NOT_BEGUN, None)
    assert caught.value.code == "decoding-changed" and "one at a time" in caught.value.remedy


def test_a_partition_added_since_is_read_whole_and_the_others_from_the_written_offsets():
    source = job()["source"]
    options = source_options({}, source, [0, 1, 2], {"0": 5, "1": 7})
    assert json.loads(options["startingOffsets"]) == {"t": {"0": 5, "1": 7, "2": EARLIEST}}


def test_what_decides_on_a_record_is_told_from_what_only_describes_it():
    described = copy.deepcopy(EVENT_SCHEMA)
    described["doc"] = described["fields"][0]["doc"] = "text"
    assert decoding_of(job(described)) == decoding_of(job())
    for change in ({"type": "int"}, {"type": {"type": "long", "logicalType": "timestamp-millis"}}):
        changed = copy.deepcopy(EVENT_SCHEMA)
        changed["fields"][0].update(change)
        assert decoding_of(job(changed)) != decoding_of(job())
