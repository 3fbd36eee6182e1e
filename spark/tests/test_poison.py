"""The walker finds where bytes leave the schema, and never fails itself."""

from __future__ import annotations

import random

import pytest
from avro_bytes import double, text, varint

from tidewater_spark import poison
from tidewater_spark.avro_schema import AvroSchemaError, compile_schema

SCHEMA = {
    "type": "record",
    "name": "Everything",
    "namespace": "tests",
    "fields": [
        {"name": "flag", "type": "boolean"},
        {"name": "count", "type": "int"},
        {"name": "ratio", "type": "double"},
        {"name": "colour", "type": {"type": "enum", "name": "Colour", "symbols": ["RED", "BLUE"]}},
        {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 4}},
        {
            "name": "inner",
            "type": {"type": "record", "name": "Inner", "fields": [{"name": "id", "type": "long"}]},
        },
        {"name": "again", "type": ["null", "Inner"]},
        {"name": "list", "type": {"type": "array", "items": "string"}},
        {"name": "map", "type": {"type": "map", "values": "bytes"}},
        {"name": "nothing", "type": "null"},
        {"name": "nothings", "type": {"type": "array", "items": "null"}},
    ],
}
PARTS = {
    "flag": b"\x01",
    "count": varint(-3),
    "ratio": double(0.5),
    "colour": varint(1),
    "hash": b"abcd",
    "inner": varint(2**62),
    "again": varint(1) + varint(9),
    "list": varint(2) + text("a") + text("bc") + varint(0),
    "map": varint(-1) + varint(4) + text("k") + text("v") + varint(0),
    "nothing": b"",
    "nothings": varint(1000) + varint(0),
}
WHOLE = b"".join(PARTS.values())


def explain(payload, max_value_bytes=1000, max_collection_items=1000):
    return poison.explain(compile_schema(SCHEMA)[0], payload, max_value_bytes, max_collection_items)


def with_part(**parts) -> bytes:
    return b"".join({**PARTS, **parts}.values())


@pytest.mark.parametrize(
    "payload, reason",
    [
        (None, "null value (tombstone)"),
        (b"", "byte 0 of 0, field flag: boolean of 1 byte, but 0 bytes left"),
        (WHOLE + b"x", f"byte {len(WHOLE)}: 1 byte left over after the end of the record"),
        (WHOLE + b"xy", f"byte {len(WHOLE)}: 2 bytes left over after the end of the record"),
        (WHOLE, poison.UNEXPLAINED),
    ],
    ids=["tombstone", "empty", "one byte over", "two bytes over", "whole"],
)
def test_the_reason_of_a_whole_value(payload, reason):
    assert explain(payload) == reason


@pytest.mark.parametrize(
    "part, data, offset, place, reason",
    [
        ("count", b"\xff" * 9, 0, "count", "int of more than 5 bytes"),
        ("colour", varint(2), 0, "colour", "enum symbol 2 of 2"),
        ("colour", varint(-1), 0, "colour", "enum symbol -1 of 2"),
        ("again", varint(5), 0, "again", "union branch 5 of 2"),
        ("inner", b"\x80" * 30, 0, "inner.id", "long of more than 10 bytes"),
        ("list", varint(1001), 0, "list", "1001 items, over the limit of 1000 items"),
        ("list", varint(1) + varint(900), 3, "list[]", "string of 900 bytes, but 10 bytes left"),
        ("map", varint(1) + text("k") + varint(-9), 3, "map{}", "bytes of negative length -9"),
        (
            "map",
            varint(1) + varint(5000),
            1,
            "map{key}",
            "string of 5000 bytes, over the limit of 1000 bytes",
        ),
        ("nothings", varint(2**40), 0, "nothings", "1099511627776 items, over the limit of 1000 items"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_the_reason_names_byte_and_field(part, data, offset, place, reason):
    payload = with_part(**{part: data})
    names = list(PARTS)
    start = sum(len(PARTS[name]) for name in names[: names.index(part)])
    assert explain(payload) == f"byte {start + offset} of {len(payload)}, field {place}: {reason}"


def test_every_cut_is_noticed():
    for length in range(len(WHOLE)):
        reason = explain(WHOLE[:length])
        assert reason.startswith("byte ") and ("left" in reason or "ends inside" in reason), (length, reason)


def test_no_bytes_make_it_fail():
    generator = random.Random(7)
    for _ in range(3000):
        payload = bytearray(
            WHOLE if generator.random() < 0.5 else generator.randbytes(generator.randrange(60))
        )
        for _ in range(generator.randrange(4)):
            if payload:
                payload[generator.randrange(len(payload))] = generator.randrange(256)
        reason = explain(bytes(payload))
        assert "failed with" not in reason, (payload.hex(), reason)


def test_a_corrupt_count_of_items_without_bytes_costs_no_time():
    payload = with_part(nothings=varint(2**60) + varint(0))
    assert explain(payload, max_collection_items=2**62) == poison.UNEXPLAINED


@pytest.mark.parametrize(
    "schema, pointer",
    [
        ("nope", ""),
        ({"type": "record", "name": "R", "fields": [{"name": "a", "type": "Missing"}]}, "/fields/0/type"),
        (
            {"type": "record", "name": "R", "fields": [{"name": "a", "type": ["null", "R"]}]},
            "/fields/0/type/1",
        ),
        ({"type": "record", "fields": []}, "/name"),
        ({"type": "enum", "name": "E", "symbols": []}, "/symbols"),
        ({"type": "fixed", "name": "F", "size": -1}, "/size"),
        ({"type": "array"}, ""),
        ([], ""),
    ],
)
def test_what_is_no_schema_is_refused(schema, pointer):
    with pytest.raises(AvroSchemaError) as caught:
        compile_schema(schema)
    assert caught.value.pointer == pointer


def test_names_are_resolved_in_their_namespace():
    _, names = compile_schema(SCHEMA)
    assert names == {"tests.Everything", "tests.Colour", "tests.Hash", "tests.Inner"}
