"""Decodes Kafka values so that an undecodable one can be told from every decodable one: with the compiled
decoder of spark/jvm where it can, with Spark's from_avro otherwise.
"""

from __future__ import annotations

import json
from typing import Optional, Set

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.avro.functions import from_avro
from pyspark.sql.types import StructType

from .decoder_jar import DECODER_JAR, load_decoder
from .errors import first_lines

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


class Decoder:
    """How the values of a job are decoded; one judges all of them."""

    name: str
    # Why it is not the compiled one.
    because: Optional[str] = None

    def decoded(self, records: DataFrame) -> DataFrame:
        """Adds what record() and is_decoded() look at. Spark must not decode again for each of them."""
        raise NotImplementedError

    def record(self) -> Column:
        """The record as a struct, where is_decoded()."""
        raise NotImplementedError

    def is_decoded(self) -> Column:
        """True for exactly one record of the schema; never null."""
        raise NotImplementedError

    def as_fields(self) -> dict:
        return {"name": self.name, **({} if self.because is None else {"because": self.because})}


def decoder_of(spark, decoding: dict, names: Set[str]) -> Decoder:
    """The decoder for a document's `decoding`. names: full names its schema defines."""
    because = _uncompiled(spark, decoding["schema"])
    if because is not None:
        return FromAvro(decoding["schema"], names, because)
    return Compiled(spark, decoding["schema"], decoding["maxValueBytes"], decoding["maxCollectionItems"])


def _uncompiled(spark, schema: dict) -> Optional[str]:
    """Why the compiled decoder can't be used; None when it can."""
    jvm = spark._jvm
    scala = jvm.scala.util.Properties.versionNumberString()
    if not (spark.version.startswith("3.5.") and scala.startswith("2.12.")):
        return f"it is built for Spark 3.5 with Scala 2.12, not for Spark {spark.version} with Scala {scala}"
    if not load_decoder(spark):
        return f"{DECODER_JAR} is neither on the class path nor packaged with the job"
    try:
        uncovered = jvm.tidewater.avro.AvroRecords.uncovered(json.dumps(schema))
    except Exception as error:  # a Spark whose own classes are others than Apache's
        return f"it does not fit this Spark: {first_lines(error)}"
    return None if uncovered is None else f"it does not cover a type: {uncovered}"


class Compiled(Decoder):
    """The Catalyst expression of spark/jvm: null for everything but one record to its last byte."""

    name = "compiled"

    def __init__(self, spark, schema: dict, max_value_bytes: int, max_collection_items: int):
        self._records = spark._jvm.tidewater.avro.AvroRecords
        self._arguments = (json.dumps(schema), max_value_bytes, max_collection_items)

    def decoded(self, records: DataFrame) -> DataFrame:
        return records.withColumn("record", Column(self._records.decode(F.col("value")._jc, *self._arguments)))

    def record(self) -> Column:
        return F.col("record")

    def is_decoded(self) -> Column:
        return F.col("record").isNotNull()


class FromAvro(Decoder):
    """Spark's from_avro of the value with the sentinel behind it."""

    name = "from_avro"

    def __init__(self, schema: dict, names: Set[str], because: Optional[str] = None):
        self.because = because
        self._frame_schema = json.dumps(frame_schema(schema, names))

    def decoded(self, records: DataFrame) -> DataFrame:
        """Adds the column `frame`, the decoded value and tail, all null for a value that can't be decoded."""
        sentinel = F.lit(bytearray(SENTINEL))
        # The condition is always true, but Spark takes it for non-deterministic and therefore neither pushes a
        # filter on the frame below this projection nor merges it into the next one; either would decode each
        # record several times.
        once = F.when(F.spark_partition_id() >= 0, F.concat(F.col("value"), sentinel))
        return records.withColumn("frame", from_avro(once, self._frame_schema, {"mode": "PERMISSIVE"}))

    def record(self) -> Column:
        return F.col("frame.value")

    def is_decoded(self) -> Column:
        """A value cut short takes bytes of the sentinel and then ends inside the tail; one with bytes left over
        has another tail; a tombstone makes the whole frame null. The record inside the frame is null in no
        other case: the schema's top is no union.
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
