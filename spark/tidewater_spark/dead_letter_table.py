"""The dead-letter table: reads a range of offsets again and appends what can't be decoded."""

from __future__ import annotations

from typing import Dict, List, Optional

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructType

from . import poison
from .avro_decode import Decoder, schema_fingerprint
from .avro_schema import compile_schema
from .dead_letters import Level, Range, level_of, level_text
from .iceberg_ddl import quoted_table
from .kafka_source import range_options
from .retention import DEAD_LETTERS_KEY

DEAD_LETTER_DDL = (
    "payload binary, key binary, headers array<struct<key: string, value: binary>>, error string not null, "
    "topic string not null, _kafka_partition int not null, _kafka_offset bigint not null, "
    "_kafka_timestamp timestamp not null, schema_fingerprint string not null, job string not null"
)
# In a snapshot's summary, beside the query whose records these are: the level the snapshot leads to.
LEVEL_KEY = "tidewater.dead-letters.level"


class DeadLetterTable:
    """Appends to the table of a job; columns as the table has them, in its order."""

    def __init__(
        self, spark, job: dict, columns: StructType, decoder: Decoder, client: Dict[str, str], partitions: int
    ):
        """client: what client_options returns. partitions: how many the topic has."""
        self._spark, self._job, self._decoder = spark, job, decoder
        self._client, self._partitions = client, partitions
        self._columns = _columns(spark, job, columns)
        self._explain = _explanation(job["decoding"])
        self._name = table_name(job)
        self._group = f"dead-letters {job['checkpointLocation']}"

    def set_aside(self, query_id: str, again: Range, reached: Level) -> int:
        """Appends the dead letters of the range, in one commit with the level; returns how many."""
        _see_added_jars(self._spark)
        self._spark.sparkContext.setJobGroup(self._group, f"{self._job['name']}: dead letters")
        options = range_options(self._client, self._job["source"], again.starts, again.ends)
        if options is None:
            return 0
        records = self._spark.read.format("kafka").options(**options, includeHeaders="true").load()
        (
            self._rows(records)
            .writeTo(self._name)
            .option("fanout-enabled", "true")
            .option("check-nullability", "false")
            .option(f"snapshot-property.{DEAD_LETTERS_KEY}", query_id)
            .option(f"snapshot-property.{LEVEL_KEY}", level_text(reached))
            .append()
        )
        summary = _newest_summary(self._spark, self._name, query_id) or {}
        return int(summary.get("added-records") or 0)

    def cancel(self) -> None:
        self._spark.sparkContext.cancelJobGroup(self._group)

    def _rows(self, records: DataFrame) -> DataFrame:
        undecodable = self._decoder.decoded(records).filter(~self._decoder.is_decoded()).select(*records.columns)
        # Only dead letters cross this exchange. Without it Spark reads the topic from the thread that feeds the
        # Python function: slower, in no task's CPU time, and with a warning for each record (KAFKA-1894).
        explained = undecodable.repartition(self._partitions).withColumn("error", self._explain(F.col("value")))
        return explained.select(*self._columns)


def _see_added_jars(spark) -> None:
    """Lets the calling thread see what was added to the session, the decoder among it: Spark shows that only to the thread that
    added it and those it starts in the JVM.
    """
    loader = spark._jsparkSession.sharedState().jarClassLoader()
    spark._jvm.java.lang.Thread.currentThread().setContextClassLoader(loader)


def table_name(job: dict) -> str:
    target = job["decoding"]["deadLetterTable"]
    return quoted_table(job["table"]["catalog"]["name"], target["namespace"], target["name"])


def committed_level(spark, job: dict, query_id: str) -> Optional[Level]:
    """The level the table itself knows of; None when the query has no dead letters there."""
    name = table_name(job)
    summary = _newest_summary(spark, name, query_id) if spark.catalog.tableExists(name) else None
    return None if summary is None else level_of(summary[LEVEL_KEY])


def _newest_summary(spark, name: str, query_id: str) -> Optional[Dict[str, str]]:
    jvm = spark._jvm
    table = jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergTable(spark._jsparkSession, name)
    table.refresh()
    snapshots = jvm.org.apache.iceberg.util.SnapshotUtil.currentAncestors(table).iterator()
    while snapshots.hasNext():
        summary = snapshots.next().summary()
        if summary.get(DEAD_LETTERS_KEY) == query_id:
            return {key: summary.get(key) for key in (LEVEL_KEY, "added-records")}
    return None


def _columns(spark, job: dict, existing: StructType) -> List[Column]:
    values = {
        "payload": F.col("value"),
        "key": F.col("key"),
        "headers": F.col("headers"),
        "error": F.col("error"),
        "topic": F.col("topic"),
        "_kafka_partition": F.col("partition"),
        "_kafka_offset": F.col("offset"),
        "_kafka_timestamp": F.col("timestamp"),
        "schema_fingerprint": F.lit(schema_fingerprint(spark, job["decoding"]["schema"])),
        "job": F.lit(job["name"]),
    }
    return [values.get(field.name, F.lit(None).cast(field.dataType)).alias(field.name) for field in existing]


def _explanation(decoding: dict):
    # By value, so that executors need no copy of this package on their path.
    from pyspark.cloudpickle import register_pickle_by_value

    register_pickle_by_value(poison)
    node, _ = compile_schema(decoding["schema"])
    max_bytes, max_items = decoding["maxValueBytes"], decoding["maxCollectionItems"]
    explain = poison.explain
    return F.udf(lambda payload: explain(node, payload, max_bytes, max_items), StringType())
