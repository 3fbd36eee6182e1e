"""The compiled decoder and from_avro judge the same bytes the same way, inside Spark."""

from __future__ import annotations

import json
import random

import pytest
from avro_bytes import double, event, text, varint
from conftest import EVENT_SCHEMA
from pyspark.sql import functions as F

from tidewater_spark.avro_decode import SENTINEL, Compiled, FromAvro
from tidewater_spark.avro_schema import compile_schema

pytestmark = pytest.mark.spark


def logical(base: str, kind: str, **more) -> dict:
    return {"type": base, "logicalType": kind, **more}


INNER = {
    "type": "record",
    "name": "Inner",
    "fields": [{"name": "id", "type": "long"}, {"name": "at", "type": logical("long", "timestamp-millis")}],
}
SCHEMA = {
    "type": "record",
    "name": "Everything",
    "namespace": "tests",
    "fields": [
        {"name": "flag", "type": "boolean"},
        {"name": "count", "type": "int"},
        {"name": "big", "type": "long"},
        {"name": "ratio", "type": "double"},
        {"name": "text", "type": "string"},
        {"name": "colour", "type": {"type": "enum", "name": "Colour", "symbols": ["RED", "BLUE"]}},
        {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 4}},
        {"name": "day", "type": logical("int", "date")},
        {"name": "instant", "type": logical("long", "timestamp-micros")},
        {"name": "price", "type": logical("bytes", "decimal", precision=5, scale=2)},
        {"name": "amount", "type": logical("bytes", "decimal", precision=30, scale=4)},
        {"name": "inner", "type": INNER},
        {"name": "maybe", "type": ["null", "Inner"]},
        {"name": "inners", "type": {"type": "array", "items": "Inner"}},
        {"name": "map", "type": {"type": "map", "values": ["bytes", "null"]}},
    ],
}


def sized(data: bytes) -> bytes:
    return varint(len(data)) + data


def number_bytes(generator: random.Random, most: int) -> bytes:
    number = generator.randrange(-most, most)
    return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)


def inner(generator: random.Random) -> bytes:
    return varint(generator.randrange(-(2**63), 2**63)) + varint(generator.randrange(-(10**13), 10**15))


def value(generator: random.Random) -> bytes:
    """A record of SCHEMA; now and then one whose time or decimal Spark does not take."""
    count = generator.randrange(4)
    keys = [text(generator.choice("ab")) + varint(0) + sized(b"v%d" % n) for n in range(generator.randrange(3))]
    parts = [
        bytes([generator.randrange(2)]),
        varint(generator.randrange(-(2**31), 2**31)),
        varint(generator.randrange(-(2**63), 2**63)),
        double(generator.gauss(0, 1e9)),
        text("".join(generator.choices("aé漢\U0001f600", k=generator.randrange(9)))),
        varint(generator.randrange(2)),
        generator.randbytes(4),
        varint(generator.randrange(-150_000, 150_000)),
        varint(generator.randrange(-(2**55), 2**55)),
        sized(number_bytes(generator, 10**5 if generator.random() < 0.9 else 10**30)),
        sized(number_bytes(generator, 10**30)),
        inner(generator),
        varint(1) + inner(generator) if generator.random() < 0.5 else varint(0),
        (varint(count) + b"".join(inner(generator) for _ in range(count)) if count else b"") + varint(0),
        (varint(len(keys)) + b"".join(keys) if keys else b"") + varint(0),
    ]
    return b"".join(parts)


def damaged(generator: random.Random, whole: bytes) -> bytes:
    kind = generator.randrange(3)
    if kind == 0:
        return whole[: generator.randrange(len(whole))]
    if kind == 1:
        return whole + generator.randbytes(generator.randrange(1, 12))
    changed = bytearray(whole)
    for _ in range(generator.randrange(1, 4)):
        changed[generator.randrange(len(changed))] = generator.choice((generator.randrange(256), 0xFF))
    return bytes(changed)


def judged(spark, decoder, values: list) -> list:
    """For each value its record as JSON, in which years and numbers have room that Python's types lack, or None."""
    rows = spark.createDataFrame(list(enumerate(values)), "id int, value binary")
    record = F.to_json(decoder.record(), {"ignoreNullFields": "false"})
    decoded = decoder.decoded(rows).select("id", decoder.is_decoded().alias("is"), record.alias("record"))
    # Objects, not text: the order of a map's entries is nobody's business.
    return [json.loads(row["record"]) if row["is"] else None for row in decoded.orderBy("id").collect()]


def both(spark, schema: dict) -> tuple:
    """Both with the limits that the session's Avro was started with."""
    limits = session_limits(spark)
    return Compiled(spark, schema, *limits), FromAvro(schema, compile_schema(schema)[1])


def session_limits(spark) -> tuple:
    system = spark._jvm.java.lang.System
    names = ("bytes", "collectionItems")
    return tuple(int(system.getProperty(f"org.apache.avro.limits.{name}.maxLength")) for name in names)


@pytest.mark.parametrize("codegen", ["true", "false"])
def test_both_decoders_judge_alike(spark, codegen):
    generator = random.Random(11)
    whole = [value(generator) for _ in range(1500)]
    values = [None, b"", *whole, *(damaged(generator, one) for one in whole for _ in range(3))]
    spark.conf.set("spark.sql.codegen.wholeStage", codegen)
    spark.conf.set("spark.sql.codegen.factoryMode", "FALLBACK" if codegen == "true" else "NO_CODEGEN")
    try:
        compiled, from_avro = (judged(spark, decoder, values) for decoder in both(spark, SCHEMA))
    finally:
        spark.conf.unset("spark.sql.codegen.wholeStage")
        spark.conf.unset("spark.sql.codegen.factoryMode")
    assert compiled == from_avro
    refused = compiled.count(None)
    assert compiled[:2] == [None, None] and 3000 < refused < len(values) - 1000, refused


def test_only_the_compiled_one_knows_a_record_from_one_with_the_sentinel_behind_it(spark):
    compiled, from_avro = (judged(spark, decoder, [event(1) + SENTINEL]) for decoder in both(spark, EVENT_SCHEMA))
    assert compiled == [None] and from_avro == [{"id": 1, "name": "event 1", "note": None}]


def test_names_of_the_schema_and_of_the_frame_do_not_meet(spark):
    schema = {
        "type": "record",
        "name": "TidewaterFrame",
        "fields": [
            {"name": "record", "type": {"type": "fixed", "name": "TidewaterTail", "size": 2}},
            {"name": "frame", "type": "long"},
            {"name": "value", "type": "int"},
        ],
    }
    compiled, from_avro = (judged(spark, decoder, [b"ab" + varint(9) + varint(4)]) for decoder in both(spark, schema))
    assert compiled == from_avro == [{"record": "YWI=", "frame": 9, "value": 4}]
