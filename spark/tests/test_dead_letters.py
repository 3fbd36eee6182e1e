"""What can't be decoded goes to the dead-letter table, and nothing else does."""

from __future__ import annotations

import pytest
from avro_bytes import event, text, varint

pytestmark = pytest.mark.spark

POISON = {
    "truncated": event(1, "a name long enough")[:-4],
    "cut before its last byte": event(1)[:-1],
    "empty": b"",
    "tombstone": None,
    "one byte left over": event(1) + b"\x00",
    "nine bytes left over": event(1) + b"123456789",
    "string of 2 GiB": varint(1) + varint(2**31 - 16) + b"x",
    "string of 2^62 bytes": varint(1) + varint(2**62) + b"x",
    "string of negative length": varint(1) + varint(-5) + b"abcdefgh",
    "no such union branch": varint(1) + text("name") + varint(7) + text("note"),
    "random bytes": bytes([0xFF] * 24),
}


def test_every_kind_of_poison_becomes_one_dead_letter_and_every_record_one_row(harness):
    harness.create_topic(2)
    poison = list(POISON.values())
    good = [event(number, note="a note" if number % 2 else None) for number in range(len(poison) + 1)]
    harness.produce([value for pair in zip(good, poison) for value in pair] + good[-1:], partition=0)
    harness.produce([event(100)], partition=1)

    stopped = harness.run()

    rows = harness.rows()
    assert [(row["_kafka_partition"], row["_kafka_offset"], row["id"]) for row in rows] == [
        (0, 2 * number, number) for number in range(len(good))
    ] + [(1, 0, 100)]
    assert rows[1]["name"] == "event 1" and rows[1]["note"] == "a note" and rows[2]["note"] is None
    letters = harness.rows(harness.dead_letters)
    assert [(row["_kafka_offset"], row["payload"]) for row in letters] == [
        (2 * index + 1, None if value is None else bytearray(value)) for index, value in enumerate(poison)
    ]
    assert all(row["topic"] == harness.topic and row["job"] == f"job-{harness.name}" for row in letters)
    assert all(row["key"] == bytearray(b"key") and row["headers"] is None for row in letters)
    assert {len(row["schema_fingerprint"]) for row in letters} == {64}
    errors = dict(zip(POISON, (row["error"] for row in letters)))
    assert errors == {
        "truncated": "byte 2 of 17, field name: string of 18 bytes, but 15 bytes left",
        "cut before its last byte": "byte 9 of 9, field note: the value ends inside an int",
        "empty": "byte 0 of 0, field id: the value ends inside a long",
        "tombstone": "null value (tombstone)",
        "one byte left over": "byte 10: 1 byte left over after the end of the record",
        "nine bytes left over": "byte 10: 9 bytes left over after the end of the record",
        "string of 2 GiB": "byte 1 of 7, field name: string of 2147483632 bytes, over the limit of 16777216 bytes",
        "string of 2^62 bytes": "byte 1 of 12, field name: string of 4611686018427387904 bytes, over the limit of 16777216 bytes",
        "string of negative length": "byte 1 of 10, field name: string of negative length -5",
        "no such union branch": "byte 6 of 12, field note: union branch 7 of 2",
        "random bytes": "byte 0 of 24, field id: long of more than 10 bytes",
    }
    assert stopped["reason"] == "available-now-done"
    assert stopped["queries"]["main"]["outputRows"] == len(good) + 1
    assert stopped["queries"]["dead-letters"]["outputRows"] == len(poison)
    assert stopped["queries"]["main"]["endOffsets"] == {"0": len(good) + len(poison), "1": 1}


COLLECTIONS = {
    "type": "record",
    "name": "Collections",
    "fields": [
        {"name": "longs", "type": {"type": "array", "items": "long"}},
        {
            "name": "nothings",
            "type": {
                "type": "array",
                "items": {"type": "record", "name": "Nothing", "fields": [{"name": "n", "type": ["null"]}]},
            },
        },
        {"name": "map", "type": {"type": "map", "values": "bytes"}},
    ],
}
EMPTY = varint(0)


def test_corrupt_counts_cost_neither_memory_nor_time(harness):
    fields = [COLLECTIONS["fields"][0], COLLECTIONS["fields"][2]]
    schema = {**COLLECTIONS, "fields": fields}
    poison = [
        varint(2**31 - 20) + EMPTY + EMPTY,
        varint(2**60) + EMPTY + EMPTY,
        EMPTY + varint(2**31 - 20),
        EMPTY + varint(1) + varint(1) + b"k" + varint(2**31 - 20),
    ]
    good = varint(2) + varint(5) + varint(6) + EMPTY + varint(1) + text("k") + text("v") + EMPTY
    harness.create_topic(1)
    harness.produce(poison + [good])
    harness.run(decoding={"schema": schema, "maxCollectionItems": 1000000})
    (row,) = harness.rows()
    assert (row["longs"], row["map"]) == ([5, 6], {"k": bytearray(b"v")})
    assert [letter["error"] for letter in harness.rows(harness.dead_letters)] == [
        "byte 0 of 7, field longs: 2147483628 items, over the limit of 1000000 items",
        "byte 0 of 11, field longs: 1152921504606846976 items, over the limit of 1000000 items",
        "byte 1 of 6, field map: 2147483628 items, over the limit of 1000000 items",
        "byte 4 of 9, field map{}: bytes of 2147483628 bytes, over the limit of 16777216 bytes",
    ]
