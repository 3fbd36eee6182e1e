"""Decodes Kafka values with Spark's from_avro so that an undecodable value can be told from every
decodable one.
"""

from __future__ import annotations

import json
from typing import Set

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.avro.functions import from_avro
from pyspark.sql.types import StructType

# Appended to each value and read back as the frame's last field. Eight different bytes: what follows a record
# can then equal the tail only by holding all eight, since no shift of the sequence matches it.
SENTINEL = bytes([0x9E, 0x37, 0x79, 0xB1, 0x85, 0xEB, 0xCA, 0x6D])


def frame_schema(schema: dict, names: Set[str]) -> dict:
    """The record {value: schema, tail: fixed(8)} that one value followed by SENTINEL must be.

    It has no namespace, so names in the user's schema resolve as they do alone. names: full names the schema
    defines.
    """
    return {
        "type": "record",
        "name": _free_name("TidewaterFrame", names),
        "fields": [
            {"name": "value", "type": schema},
            {
                "name": "tail",
                "type": {"type": "fixed", "name": _free_name("TidewaterTail", names), "size": len(SENTINEL)},
            },
        ],
    }


def _free_name(wanted: str, names: Set[str]) -> str:
    name = wanted
    while name in names:
        name += "_"
    return name


def decoded_type(spark, schema: dict) -> StructType:
    """The struct Spark makes of the schema, with the nullability the schema states."""
    empty = spark.createDataFrame([], "value binary")
    # PERMISSIVE makes every field nullable; FAILFAST keeps what the schema says.
    return (
        empty.select(from_avro("value", json.dumps(schema), {"mode": "FAILFAST"}).alias("value"))
        .schema[0]
        .dataType
    )


def with_frame(records: DataFrame, schema: dict, names: Set[str]) -> DataFrame:
    """Adds the column `frame`, the decoded value and tail, all null for a value that can't be decoded."""
    sentinel = F.lit(bytearray(SENTINEL))
    # The condition is always true, but Spark takes it for non-deterministic and therefore neither pushes a
    # filter on the frame below this projection nor merges it into the next one; either would decode each
    # record several times.
    once = F.when(F.spark_partition_id() >= 0, F.concat(F.col("value"), sentinel))
    frame = from_avro(once, json.dumps(frame_schema(schema, names)), {"mode": "PERMISSIVE"})
    return records.withColumn("frame", frame)


def is_decoded() -> Column:
    """True for exactly one record of the schema; never null.

    A value cut short takes bytes of the sentinel and then ends inside the tail; one with bytes left over has
    another tail; a tombstone makes the whole frame null. The record inside the frame is null in no other
    case: the schema's top is no union.
    """
    return F.coalesce(
        F.col("frame.value").isNotNull() & (F.col("frame.tail") == F.lit(bytearray(SENTINEL))), F.lit(False)
    )


def schema_fingerprint(spark, schema: dict) -> str:
    """SHA-256 fingerprint of the schema's parsing canonical form, in hexadecimal (Avro specification,
    Schema Fingerprints).
    """
    avro = spark._jvm.org.apache.avro
    parsed = avro.Schema.Parser().parse(json.dumps(schema))
    return bytes(avro.SchemaNormalization.parsingFingerprint("SHA-256", parsed)).hex()
