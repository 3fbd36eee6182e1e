"""Builds what a job runs: the table's streaming query and, beside it, what sets its dead letters aside."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Optional

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, LongType, StructField, StructType, TimestampType

from .avro_decode import Decoder, decoded_type, decoder_of
from .avro_schema import compile_schema
from .checkpoint import position, read_level, read_state, write_level, write_state
from .consistency import KAFKA_METADATA_COLUMNS
from .dead_letter_table import DEAD_LETTER_DDL, DeadLetterTable
from .dead_letters import DeadLetters, Level, batch_of, unsettled
from .errors import TidewaterError, first_lines
from .hadoop_fs import make_folder
from .iceberg_ddl import DEFAULT_PROPERTIES, quoted_table
from .iceberg_table import ensure_table
from .job_state import DEAD_LETTERS, MAIN, NOT_BEGUN, Position, must_resolve, next_state
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


class Prepared:
    """What is checked and created before anything runs."""

    def __init__(self, fields: Dict[str, Any], start: Callable[[], Running]):
        """start: starts the query, and what sets its dead letters aside."""
        self._fields = fields
        self.start = start

    def as_fields(self) -> Dict[str, Any]:
        return self._fields


class Running(NamedTuple):
    main: Stream
    letters: Optional[DeadLetters]

    @property
    def parts(self) -> list:
        return [self.main] if self.letters is None else [self.main, self.letters]


def prepare(spark, job: dict) -> Prepared:
    """Checks topic and checkpoint, makes sure of the tables, and builds the query without starting it.

    Writes down where it begins and how it decodes. Raises TidewaterError.
    """
    source = job["source"]
    check_access(spark, source)
    partitions = topic_partitions(spark, source)
    check_partitions(source, partitions)
    make_folder(spark, job["checkpointLocation"])
    known = read_state(spark, job["checkpointLocation"])
    main_at = position(spark, job["checkpointLocation"], source["topic"])
    level = read_level(spark, job)
    state = _next_state(spark, job, partitions, known, main_at, level)
    _, names = compile_schema(job["decoding"]["schema"])
    columns = _table_columns(spark, job)
    decoder = decoder_of(spark, job["decoding"], names)
    table, dead_letters = job["table"], job["decoding"]["deadLetterTable"]
    main_table = _ensure(spark, job, table, columns, table["partitionBy"], table["properties"])
    client = client_options(spark, source)
    records = _records(spark, source_options(client, source, partitions, state["starts"][MAIN]))
    main = _main_rows(records, decoder, job, main_table["columns"], {field.name for field in columns})
    fields = {
        "job": job["name"],
        "topic": source["topic"],
        "partitions": len(partitions),
        "table": _label(job, table),
        "tableCreated": main_table["created"],
        "deadLetterTable": None,
        "decoder": decoder.as_fields(),
    }
    letters: Optional[DeadLetterTable] = None
    if job["decoding"]["onDecodeError"] == "dead-letter":
        target = _ensure(spark, job, dead_letters, spark.createDataFrame([], DEAD_LETTER_DDL).schema, [], {})
        letters = DeadLetterTable(spark, job, target["columns"], decoder, client, len(partitions))
        fields["deadLetterTable"] = _label(job, dead_letters)
    # Last, and before anything runs: a run that was refused has decided nothing.
    if state != known:
        write_state(spark, job["checkpointLocation"], state)
    if level is None:
        level = Level(0, state["starts"][DEAD_LETTERS] or {})
    return Prepared(fields, lambda: _start(spark, job, main, letters, level, main_at.offsets))


def _next_state(
    spark, job: dict, partitions: List[int], known: Optional[dict], main: Position, level: Optional[Level]
) -> dict:
    """The state this run needs. known: the one that is written."""
    letters = NOT_BEGUN if level is None else Position(level.offsets, False)
    resolved = None
    if must_resolve(known, job, main, letters):
        resolved = resolved_offsets(spark, job["source"], partitions)
    return next_state(known, job, main, letters, resolved)


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


def _start(
    spark, job: dict, rows: DataFrame, table: Optional[DeadLetterTable], level: Level, committed: Optional[dict]
) -> Running:
    """committed: the end offsets of the query's last committed micro-batch, None for one that has not begun."""
    if table is None:
        return Running(_start_main(job, rows, lambda _: None), None)
    main = _start_main(job, rows, lambda progress: letters.take(batch_of(progress)))
    query_id = str(main.query.id)
    letters = DeadLetters(
        level,
        lambda again, reached: table.set_aside(query_id, again, reached),
        lambda reached: write_level(spark, job["checkpointLocation"], reached),
        table.cancel,
    )
    for batch in unsettled(level.offsets, committed):
        letters.take(batch)
    return Running(main, letters.start())


def _start_main(job: dict, rows: DataFrame, on_batch: Callable[[dict], None]) -> Stream:
    trigger, table = job["trigger"], job["table"]
    when: Dict[str, Any] = {"availableNow": True}
    if trigger["type"] == "processingTime":
        when = {"processingTime": f"{trigger['intervalSeconds']} seconds"}
    writer = (
        rows.writeStream.format("iceberg")
        .queryName(job["name"])
        .outputMode("append")
        .trigger(**when)
        .option("checkpointLocation", f"{job['checkpointLocation'].rstrip('/')}/{MAIN}")
        .option("fanout-enabled", _text(table["fanout"]))
        .option("distribution-mode", table["distributionMode"])
        # The decoded columns are nullable to Spark, since an undecodable value makes them null; the filter before
        # has removed those, and Parquet's writer fails on a null in a required column rather than
        # writing it.
        .option("check-nullability", "false")
    )
    return Stream(writer.toTable(quoted_table(table["catalog"]["name"], table["namespace"], table["name"])), on_batch)


def _label(job: dict, target: dict) -> str:
    return f"{job['table']['catalog']['name']}.{target['namespace']}.{target['name']}"


def _text(flag: bool) -> str:
    return "true" if flag else "false"
