"""A prototype: dead letters without a query of their own.

One query, whose micro-batches write the decoded records and count the others on the way. Only a micro-batch that had some is
read again, for the dead letters. Both commits carry the query and the micro-batch in their snapshot's summary; one that is there
already is not written again, which is what makes a replay harmless. Measured here, not shipped.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F
from run_book import create_table

from tidewater_spark.avro_decode import Compiled
from tidewater_spark.iceberg_ddl import DEFAULT_PROPERTIES
from tidewater_spark.kafka_client import DEFAULT_KAFKA_OPTIONS


def consume_in_one_pass(spark, turn: dict) -> None:
    schema = turn["schema"]
    table, letters = (f"bench.db.{turn['table']}{suffix}" for suffix in ("", "_dead_letters"))
    create_table(spark, table, schema, DEFAULT_PROPERTIES)
    spark.sql(f"CREATE TABLE {letters} (payload binary, `partition` int, `offset` bigint) USING iceberg")
    decoder = Compiled(spark, schema, turn["maxValueBytes"], turn["maxCollectionItems"])
    columns = [decoder.record().getField(field["name"]).alias(field["name"]) for field in schema["fields"]]

    def write(batch: DataFrame, batch_id: int) -> None:
        decoded = decoder.decoded(batch)
        seen = Observation()
        poison = F.count(F.when(~decoder.is_decoded(), True)).alias("poison")
        is_replay = _is_committed(spark, table, turn["table"], batch_id)
        if not is_replay:
            rows = decoded.observe(seen, poison).filter(decoder.is_decoded()).select(*columns)
            _append(rows, table, turn["table"], batch_id)
        if (is_replay or seen.get["poison"] > 0) and not _is_committed(spark, letters, turn["table"], batch_id):
            rows = decoded.filter(~decoder.is_decoded()).select(F.col("value").alias("payload"), "partition", "offset")
            _append(rows, letters, turn["table"], batch_id)

    records = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", turn["brokers"])
        .option("subscribe", turn["topic"])
        .option("startingOffsets", "earliest")
        .options(**DEFAULT_KAFKA_OPTIONS)
        .load()
    )
    query = (
        records.writeStream.foreachBatch(write)
        .trigger(availableNow=True)
        .option("checkpointLocation", turn["checkpoint"])
        .start()
    )
    query.awaitTermination()


def _append(rows: DataFrame, table: str, query: str, batch_id: int) -> None:
    (
        rows.writeTo(table)
        .option("fanout-enabled", "true")
        .option("check-nullability", "false")
        .option("snapshot-property.tidewater.query", query)
        .option("snapshot-property.tidewater.batch", str(batch_id))
        .append()
    )


def _is_committed(spark, table: str, query: str, batch_id: int) -> bool:
    # A micro-batch runs in a clone of the session, which caches tables for itself.
    spark.sql(f"REFRESH TABLE {table}")
    wanted = f"summary['tidewater.query'] = '{query}' AND summary['tidewater.batch'] = '{batch_id}'"
    return spark.sql(f"SELECT 1 FROM {table}.snapshots WHERE {wanted}").count() > 0
