"""The job of the run book: from_avro, the schema's columns, toTable, every other setting at its default. Single settings of
ours can be added, each to see what it alone does.
"""

from __future__ import annotations

import json

from pyspark.sql import functions as F
from pyspark.sql.avro.functions import from_avro

from tidewater_spark.avro_decode import Compiled, decoded_type


def consume_as_the_run_book(spark, turn: dict) -> None:
    schema = turn["schema"]
    columns = [field["name"] for field in schema["fields"]]
    records = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", turn["brokers"])
        .option("subscribe", turn["topic"])
        .option("startingOffsets", "earliest")
        .options(**turn.get("kafkaOptions", {}))
        .load()
    )
    if turn["compiled"]:
        decoder = Compiled(spark, schema, turn["maxValueBytes"], turn["maxCollectionItems"])
        decoded = decoder.decoded(records).filter(decoder.is_decoded()).select(decoder.record().alias("data"))
    else:
        decoded = records.select(from_avro(F.col("value"), json.dumps(schema)).alias("data"))
    table = f"bench.db.{turn['table']}"
    create_table(spark, table, schema, turn.get("properties", {}))
    query = (
        decoded.select(*(f"data.{column}" for column in columns))
        .writeStream.format("iceberg")
        .outputMode("append")
        .trigger(availableNow=True)
        .option("fanout-enabled", "true")
        .option("checkpointLocation", turn["checkpoint"])
        .toTable(table)
    )
    query.awaitTermination()


def create_table(spark, table: str, schema: dict, properties: dict) -> None:
    spark.sql("CREATE NAMESPACE IF NOT EXISTS bench.db")
    columns = ", ".join(
        f"{field.name} {field.dataType.simpleString()}" for field in decoded_type(spark, schema)
    )
    spark.sql(f"CREATE TABLE {table} ({columns}) USING iceberg")
    for key, value in properties.items():
        spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('{key}' = '{value}')")
