"""Has Spark load what jobs, maintenance and queries load, for the archive of classes its JVM writes when it ends.

Argument: a folder for tables, which may be thrown away. Nothing here reaches a broker.
"""

import json
import sys

from tidewater_spark import session

# The archive is written while the JVM ends.
session.JVM_EXIT_TIMEOUT_SECONDS = 600

CATALOG = "local"
SCHEMA = {"type": "record", "name": "tick", "fields": [{"name": "value", "type": "long"}]}


def use(spark, folder: str) -> None:
    from pyspark.sql.avro.functions import from_avro, to_avro

    table = f"{CATALOG}.db.ticks"
    spark.sql(f"CREATE NAMESPACE {CATALOG}.db")
    spark.sql(f"CREATE TABLE {table} (value bigint, at timestamp) USING iceberg PARTITIONED BY (bucket(2, value))")
    ticks = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 10).load()
    encoded = ticks.select(to_avro("value").alias("bytes"), "value", "timestamp")
    decoded = encoded.select(from_avro("bytes", json.dumps("long")).alias("value"), "timestamp")
    writer = decoded.selectExpr("coalesce(value, 0L) AS value", "timestamp AS at").writeStream.format("iceberg")
    writer = writer.trigger(availableNow=True).outputMode("append").option("checkpointLocation", f"{folder}/checkpoint")
    writer.option("fanout-enabled", "true").toTable(table).awaitTermination()
    spark.sql(f"INSERT INTO {table} VALUES (1, current_timestamp()), (2, current_timestamp())")
    spark.sql(f"SELECT count(*), count(DISTINCT value), min(at) FROM {table} GROUP BY value ORDER BY value").collect()
    for name in ("files", "snapshots", "manifests", "refs"):
        spark.sql(f"SELECT count(*) FROM {table}.{name}").collect()
    spark.sql(f"CALL {CATALOG}.system.rewrite_data_files(table => 'db.ticks', options => map('rewrite-all', 'true'))").collect()
    spark.sql(f"CALL {CATALOG}.system.rewrite_manifests(table => 'db.ticks')").collect()
    spark.sql(f"CALL {CATALOG}.system.expire_snapshots(table => 'db.ticks', retain_last => 1)").collect()
    kafka = spark.readStream.format("kafka").option("kafka.bootstrap.servers", "127.0.0.1:9").option("subscribe", "ticks")
    kafka.load().select("value").schema.json()


def main() -> None:
    folder = sys.argv[1]
    catalog = {"name": CATALOG, "type": "hadoop", "warehouse": f"{folder}/warehouse"}
    spark = session.start_session("spark-classes", catalog, {})
    try:
        use(spark, folder)
    finally:
        session.end_session(spark)


main()
