"""Builds the job's streaming queries: the table's and, with dead letters, theirs."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, LongType, StringType, StructField, StructType, TimestampType

from . import poison
from .avro_decode import Decoder, decoded_type, decoder_of, schema_fingerprint
from .avro_schema import compile_schema
from .checkpoint import position, read_state, write_state
from .consistency import KAFKA_METADATA_COLUMNS
from .errors import TidewaterError, first_lines
from .hadoop_fs import make_folder
from .iceberg_ddl import DEFAULT_PROPERTIES, quoted_table
from .iceberg_table import ensure_table
from .job_state import DEAD_LETTERS, MAIN, must_resolve, next_state
from .kafka_client import check_access, client_options
from .kafka_source import check_partitions, resolved_offsets, source_options, topic_partitions
from .stream_failure import undecodable_marker
from .streams import Stream

KAFKA_COLUMNS = StructType(
    [
        StructField("_kafka_partition", IntegerType(), False),
        StructField("_kafka_offset", LongType(), False),
        StructField("_kafka_timestamp", TimestampType(), False),
    ]
)
DEAD_LETTER_DDL = (
    "payload binary, key binary, headers array<struct<key: string, value: binary>>, error string not null, "
    "topic string not null, _kafka_partition int not null, _kafka_offset bigint not null, "
    "_kafka_timestamp timestamp not null, schema_fingerprint string not null, job string not null"
)


class Prepared:
    """What is checked and created before a query starts. starts: start the queries, in this order."""

    def __init__(self, fields: Dict[str, Any], starts: List[Callable[[], Stream]]):
        self._fields = fields
        self.starts = starts

    def as_fields(self) -> Dict[str, Any]:
        return self._fields


def prepare(spark, job: dict) -> Prepared:
    """Checks topic and checkpoint, makes sure of the tables, and builds the queries without starting them.

    Writes down where the queries begin and how they decode. Raises TidewaterError.
    """
    source = job["source"]
    check_access(spark, source)
    partitions = topic_partitions(spark, source)
    check_partitions(source, partitions)
    make_folder(spark, job["checkpointLocation"])
    state, known = _state(spark, job, partitions)
    _, names = compile_schema(job["decoding"]["schema"])
    columns = _table_columns(spark, job)
    decoder = decoder_of(spark, job["decoding"], names)
    table, dead_letters = job["table"], job["decoding"]["deadLetterTable"]
    main_table = _ensure(spark, job, table, columns, table["partitionBy"], table["properties"])
    fields = {
        "job": job["name"],
        "topic": job["source"]["topic"],
        "partitions": len(partitions),
        "table": _label(job, table),
        "tableCreated": main_table["created"],
        "deadLetterTable": None,
        "decoder": decoder.as_fields(),
    }
    client = client_options(spark, source)
    records = _records(spark, source_options(client, source, partitions, state["starts"][MAIN]))
    main = _main_rows(records, decoder, job, main_table["columns"], {field.name for field in columns})
    starts = [lambda: _start(job, MAIN, main, table)]
    if job["decoding"]["onDecodeError"] == "dead-letter":
        target = _ensure(spark, job, dead_letters, spark.createDataFrame([], DEAD_LETTER_DDL).schema, [], {})
        options = source_options(client, source, partitions, state["starts"][DEAD_LETTERS])
        with_headers = _records(spark, {**options, "includeHeaders": "true"})
        letters = _dead_letter_rows(spark, with_headers, len(partitions), decoder, job, target["columns"])
        starts.append(lambda: _start(job, DEAD_LETTERS, letters, dead_letters))
        fields["deadLetterTable"] = _label(job, dead_letters)
    # Last, and before any query starts: a run that was refused has decided nothing.
    if state != known:
        write_state(spark, job["checkpointLocation"], state)
    return Prepared(fields, starts)


def _state(spark, job: dict, partitions: List[int]) -> Tuple[dict, Optional[dict]]:
    """The state this run needs, and the one that is written."""
    checkpoint, topic = job["checkpointLocation"], job["source"]["topic"]
    known = read_state(spark, checkpoint)
    main = position(spark, checkpoint, MAIN, topic)
    letters = position(spark, checkpoint, DEAD_LETTERS, topic)
    resolved = None
    if must_resolve(known, job, main, letters):
        resolved = resolved_offsets(spark, job["source"], partitions)
    return next_state(known, job, main, letters, resolved), known


def _records(spark, options: Dict[str, str]) -> DataFrame:
    return spark.readStream.format("kafka").options(**options).load()


def _table_columns(spark, job: dict) -> StructType:
    try:
        value = decoded_type(spark, job["decoding"]["schema"])
    except Exception as error:
        raise TidewaterError(
            "bad-document",
            f"/decoding/schema: Spark can't decode it: {first_lines(error)}",
            "Correct the Avro schema, or change what Spark has no type for.",
            {"path": "/decoding/schema"},
        ) from error
    return StructType(value.fields + (KAFKA_COLUMNS.fields if job["table"]["kafkaMetadataColumns"] else []))


def _ensure(
    spark, job: dict, target: dict, columns: StructType, partition_by: list, properties: dict
) -> dict:
    own = {
        "format-version": "2",
        "write.distribution-mode": job["table"]["distributionMode"],
        "write.spark.fanout.enabled": _text(job["table"]["fanout"]),
    }
    return ensure_table(
        spark,
        job["table"]["catalog"]["name"],
        target["namespace"],
        target["name"],
        columns,
        partition_by,
        {**DEFAULT_PROPERTIES, **properties, **own},
    )


def _main_rows(
    records: DataFrame, decoder: Decoder, job: dict, existing: StructType, written: set
) -> DataFrame:
    accepted = decoder.is_decoded()
    if job["decoding"]["onDecodeError"] == "fail":
        accepted = F.when(accepted, F.lit(True)).otherwise(
            F.raise_error(undecodable_marker()).cast("boolean")
        )
    columns = [_main_column(field, decoder.record(), written) for field in existing]
    return decoder.decoded(records).filter(accepted).select(*columns)


def _main_column(field: StructField, record: Column, written: set) -> Column:
    # Columns go in the table's order: Iceberg refuses another. One the job does not write may be null, as was
    # checked.
    if field.name not in written:
        return F.lit(None).cast(field.dataType).alias(field.name)
    if field.name in KAFKA_METADATA_COLUMNS:
        return F.col(field.name[len("_kafka_") :]).alias(field.name)
    return record.getField(field.name).alias(field.name)


def _dead_letter_rows(
    spark, records: DataFrame, partitions: int, decoder: Decoder, job: dict, existing: StructType
) -> DataFrame:
    decoding = job["decoding"]
    values = {
        "payload": F.col("value"),
        "key": F.col("key"),
        "headers": F.col("headers"),
        "error": _explanation(decoding)(F.col("value")),
        "topic": F.col("topic"),
        "_kafka_partition": F.col("partition"),
        "_kafka_offset": F.col("offset"),
        "_kafka_timestamp": F.col("timestamp"),
        "schema_fingerprint": F.lit(schema_fingerprint(spark, decoding["schema"])),
        "job": F.lit(job["name"]),
    }
    columns = [
        values.get(field.name, F.lit(None).cast(field.dataType)).alias(field.name) for field in existing
    ]
    # Only dead letters cross this exchange. Without it Spark reads the topic from the thread that feeds the Python
    # function: slower, in no task's CPU time, and with a warning for each record (KAFKA-1894).
    undecodable = decoder.decoded(records).filter(~decoder.is_decoded()).select(*records.columns)
    return undecodable.repartition(partitions).select(*columns)


def _explanation(decoding: dict):
    # By value, so that executors need no copy of this package on their path.
    from pyspark.cloudpickle import register_pickle_by_value

    register_pickle_by_value(poison)
    node, _ = compile_schema(decoding["schema"])
    max_bytes, max_items = decoding["maxValueBytes"], decoding["maxCollectionItems"]
    explain = poison.explain
    return F.udf(lambda payload: explain(node, payload, max_bytes, max_items), StringType())


def _start(job: dict, label: str, rows: DataFrame, target: dict) -> Stream:
    trigger = job["trigger"]
    when: Dict[str, Any] = {"availableNow": True}
    if trigger["type"] == "processingTime":
        when = {"processingTime": f"{trigger['intervalSeconds']} seconds"}
    name = job["name"] if label == MAIN else f"{job['name']}-{label}"
    writer = (
        rows.writeStream.format("iceberg")
        .queryName(name)
        .outputMode("append")
        .trigger(**when)
        .option("checkpointLocation", f"{job['checkpointLocation'].rstrip('/')}/{label}")
        .option("fanout-enabled", _text(job["table"]["fanout"]))
        .option("distribution-mode", job["table"]["distributionMode"])
        # The decoded columns are nullable to Spark, since an undecodable value makes them null; the filter before
        # has removed those, and Parquet's writer fails on a null in a required column rather than
        # writing it.
        .option("check-nullability", "false")
    )
    return Stream(
        label,
        writer.toTable(quoted_table(job["table"]["catalog"]["name"], target["namespace"], target["name"])),
    )


def _label(job: dict, target: dict) -> str:
    return f"{job['table']['catalog']['name']}.{target['namespace']}.{target['name']}"


def _text(flag: bool) -> str:
    return "true" if flag else "false"
