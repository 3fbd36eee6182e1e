"""The streaming job from end to end, on a real topic."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from avro_bytes import event, varint
from conftest import EVENT_SCHEMA, NOW_SECONDS

from tidewater_spark.avro_decode import Compiled, FromAvro, decoder_of
from tidewater_spark.avro_schema import compile_schema
from tidewater_spark.document import validate
from tidewater_spark.errors import TidewaterError
from tidewater_spark.kafka_source import topic_partitions

pytestmark = pytest.mark.spark


def test_runs_of_the_job_land_each_record_once_in_micro_batches_of_the_size_asked_for(harness):
    harness.create_topic(2)
    harness.produce([event(number) for number in range(7)], partition=0)
    harness.produce([event(number) for number in range(3)], partition=1)
    first = harness.run(source={"maxOffsetsPerTrigger": 4, "minPartitions": 3})
    batches = [item for item in harness.events if item["event"] == "progress" and item["query"] == "main"]
    assert len(batches) >= 3 and max(item["inputRows"] for item in batches) <= 4
    assert sum(item["inputRows"] for item in batches) == sum(item["outputRows"] for item in batches) == 10
    assert batches[-1]["endOffsets"] == {"0": 7, "1": 3} and batches[0]["durationMs"] > 0
    assert [item["batchId"] for item in batches] == list(range(len(batches)))
    started = harness.events[0]
    assert started["event"] == "started" and started["tableCreated"] and started["partitions"] == 2
    assert started["table"] == harness.table and set(started["queries"]) == {"main"}

    harness.produce([event(100)], partition=1)
    second = harness.run()
    assert first["queries"]["main"]["inputRows"] == 10 and second["queries"]["main"]["inputRows"] == 1
    assert not harness.events[0]["tableCreated"]
    assert harness.coordinates() == [(0, offset) for offset in range(7)] + [
        (1, offset) for offset in range(4)
    ]
    assert harness.rows(harness.dead_letters) == []
    snapshots = harness.spark.sql(f"SELECT * FROM {harness.dead_letters}.snapshots").count()
    assert snapshots == 0, "without dead letters there is nothing to commit"


def test_a_topic_without_records_gives_an_empty_table_and_a_clean_end(harness):
    harness.create_topic(1)
    stopped = harness.run()
    assert stopped["event"] == "stopped" and stopped["reason"] == "available-now-done"
    assert stopped["queries"]["main"]["inputRows"] == stopped["queries"]["main"]["outputRows"] == 0
    assert harness.rows() == []


def test_the_table_is_made_as_the_schema_and_the_document_say(harness):
    harness.create_topic(1)
    harness.produce([event(1)])
    harness.run(
        table={
            "partitionBy": [
                {"column": "_kafka_timestamp", "transform": "day"},
                {"column": "id", "transform": "bucket", "buckets": 4},
                {"column": "name", "transform": "truncate", "width": 2},
            ],
            "properties": {"write.parquet.dict-size-bytes": "32768", "team": "it's ours"},
            "distributionMode": "hash",
            "fanout": False,
        }
    )
    schema = harness.spark.table(harness.table).schema
    assert [(field.name, field.dataType.simpleString(), field.nullable) for field in schema] == [
        ("id", "bigint", False),
        ("name", "string", False),
        ("note", "string", True),
        ("_kafka_partition", "int", False),
        ("_kafka_offset", "bigint", False),
        ("_kafka_timestamp", "timestamp", False),
    ]
    properties = {
        row["key"]: row["value"] for row in harness.spark.sql(f"SHOW TBLPROPERTIES {harness.table}").collect()
    }
    assert properties["write.parquet.dict-size-bytes"] == "32768" and properties["team"] == "it's ours"
    assert properties["format-version"] == "2" and properties["write.distribution-mode"] == "hash"
    assert properties["write.spark.fanout.enabled"] == "false"
    assert properties["write.metadata.delete-after-commit.enabled"] == "true"
    partition = harness.spark.table(f"{harness.table}.partitions").schema["partition"].dataType
    assert partition.fieldNames() == ["_kafka_timestamp_day", "id_bucket", "name_trunc"]
    assert len(harness.rows()) == 1


def test_without_kafka_columns_and_with_a_table_of_another_order(harness):
    harness.create_topic(1)
    harness.produce([event(5, note="n")])
    harness.spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {harness.table.rsplit('.', 1)[0]}")
    harness.spark.sql(
        f"CREATE TABLE {harness.table} (extra int, note string, name string, id bigint) USING iceberg"
    )
    harness.run(table={"kafkaMetadataColumns": False})
    assert harness.rows(order="id") == [{"extra": None, "note": "n", "name": "event 5", "id": 5}]


@pytest.mark.parametrize(
    "columns, column",
    [
        ("id int, name string, note string", "id"),
        ("id bigint, note string", "name"),
        ("id bigint, name string, note string not null", "note"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_before_anything_runs(harness, columns, column):
    harness.create_topic(1)
    harness.spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {harness.table.rsplit('.', 1)[0]}")
    harness.spark.sql(f"CREATE TABLE {harness.table} ({columns}) USING iceberg")
    with pytest.raises(TidewaterError) as caught:
        harness.run()
    assert caught.value.code == "table-incompatible" and caught.value.details["column"] == column
    assert harness.events == []


def test_starting_offsets_by_partition_leave_the_others_at_earliest(harness):
    harness.create_topic(3)
    for partition in range(3):
        harness.produce([event(number) for number in range(4)], partition=partition)
    harness.run(source={"startingOffsets": {"1": 3}})
    assert harness.coordinates() == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 3), (2, 0), (2, 1), (2, 2), (2, 3)]


def test_a_starting_offset_for_a_partition_that_is_not_there_is_refused(harness):
    harness.create_topic(2)
    with pytest.raises(TidewaterError) as caught:
        harness.run(source={"startingOffsets": {"7": 3}})
    assert caught.value.code == "partition-not-found" and "partition 7" in caught.value.message


def test_a_topic_that_does_not_exist_is_named(harness):
    with pytest.raises(TidewaterError) as caught:
        harness.run()
    assert caught.value.code == "topic-not-found" and harness.topic in caught.value.message
    assert not harness.spark.catalog.tableExists(
        harness.table
    ), "nothing is created for a topic that is not there"


def test_a_broker_that_does_not_answer_is_named_in_bounded_time(harness):
    document = harness.document(source={"bootstrapBrokers": "127.0.0.1:1"})
    source = validate("job", document, NOW_SECONDS)["source"]
    with pytest.raises(TidewaterError) as caught:
        topic_partitions(harness.spark, source, timeout_seconds=3)
    assert caught.value.code == "broker-unreachable" and "127.0.0.1:1" in caught.value.message


def test_a_checkpoint_that_can_not_be_made_is_named(harness, tmp_path):
    harness.create_topic(1)
    (tmp_path / "a-file").write_text("in the way")
    harness.checkpoint = tmp_path / "a-file" / "checkpoint"
    with pytest.raises(TidewaterError) as caught:
        harness.run()
    assert caught.value.code == "checkpoint-not-writable" and str(harness.checkpoint) in caught.value.message


def test_a_table_that_can_not_be_made_is_named(harness):
    harness.create_topic(1)
    # A file where the namespace's folder would be.
    (Path(harness.catalog["warehouse"]) / "blocked").write_text("in the way")
    with pytest.raises(TidewaterError) as caught:
        harness.run(table={"namespace": "blocked"})
    assert (
        caught.value.code == "table-not-created" and f"local.blocked.{harness.name}" in caught.value.message
    )


def test_a_record_of_nulls_alone_is_a_record(harness):
    fields = [{"name": "a", "type": ["null", "long"]}, {"name": "b", "type": ["null", "string"]}]
    nulls = varint(0) + varint(0)
    harness.create_topic(1)
    harness.produce([nulls, nulls[:1], nulls + b"\x00", varint(1) + varint(7) + varint(0)])
    harness.run(decoding={"schema": {"type": "record", "name": "Optional", "fields": fields}})
    assert [(row["_kafka_offset"], row["a"], row["b"]) for row in harness.rows()] == [
        (0, None, None),
        (3, 7, None),
    ]
    assert [row["_kafka_offset"] for row in harness.rows(harness.dead_letters)] == [1, 2]


def test_fail_names_the_record_and_lands_nothing_of_its_batch(harness):
    harness.create_topic(1)
    harness.produce([event(0), event(1)])
    harness.run(decoding={"onDecodeError": "fail"})
    assert "deadLetterTable" in harness.events[0] and harness.events[0]["deadLetterTable"] is None
    harness.produce([event(2), event(3)[:-2], event(4)])
    with pytest.raises(TidewaterError) as caught:
        harness.run(decoding={"onDecodeError": "fail"})
    error = caught.value
    assert error.code == "undecodable-record"
    assert (error.details["topic"], error.details["partition"], error.details["offset"]) == (
        harness.topic,
        0,
        3,
    )
    assert error.details["reason"] == "byte 2 of 8, field name: string of 7 bytes, but 6 bytes left"
    assert harness.coordinates() == [(0, 0), (0, 1)]
    assert not harness.spark.catalog.tableExists(harness.dead_letters)
    assert harness.spark.streams.active == []


def test_dead_letters_that_can_not_be_set_aside_stop_the_job(harness):
    harness.create_topic(1)
    harness.produce([event(0), b"\xff" * 12])
    harness.run()
    harness.produce([event(1)])
    # The next dead letter can't be committed: the table's metadata folder is gone.
    namespace, name = harness.dead_letters.split(".")[1:]

    def break_it(event_name, _fields):
        if event_name == "started":
            shutil.rmtree(Path(harness.catalog["warehouse"]) / namespace / name)
            harness.produce([b"\xff" * 12])

    with pytest.raises(TidewaterError) as caught:
        harness.run(on_event=break_it, trigger={"type": "processingTime", "intervalSeconds": 1})
    assert caught.value.code == "stream-failed" and caught.value.details["query"] == "dead-letters"
    assert harness.spark.streams.active == []


SCHEMA_WITH_NAMES_OF_OURS = {
    "type": "record",
    "name": "TidewaterFrame",
    "fields": [
        {"name": "tail", "type": {"type": "fixed", "name": "TidewaterTail", "size": 2}},
        {"name": "value", "type": "long"},
        {
            "name": "frame",
            "type": {
                "type": "record",
                "name": "Inner",
                "namespace": "a.b",
                "fields": [{"name": "x_y", "type": "int"}],
            },
        },
    ],
}


def test_names_of_the_users_schema_do_not_meet_ours(harness):
    harness.create_topic(1)
    harness.produce([b"ab" + varint(9) + varint(4)])
    harness.run(decoding={"schema": SCHEMA_WITH_NAMES_OF_OURS})
    (row,) = harness.rows()
    assert (row["tail"], row["value"], row["frame"]) == (bytearray(b"ab"), 9, {"x_y": 4})


@pytest.mark.parametrize("expression", ["decode_avro_record", "from_avro"])
def test_each_value_is_decoded_once(harness, expression):
    harness.create_topic(1)
    harness.produce([event(0)])
    records = harness.spark.readStream.format("kafka").option("kafka.bootstrap.servers", harness.brokers)
    records = records.option("subscribe", harness.topic).option("startingOffsets", "earliest").load()
    decoder = (
        FromAvro(EVENT_SCHEMA, compile_schema(EVENT_SCHEMA)[1])
        if expression == "from_avro"
        else Compiled(harness.spark, EVENT_SCHEMA, 1000, 1000)
    )
    rows = decoder.decoded(records).filter(decoder.is_decoded()).select(decoder.record().alias("r"), "offset")
    rows = rows.select("r.*", "offset")
    query = rows.writeStream.format("memory").queryName(harness.name).trigger(availableNow=True).start()
    assert query.awaitTermination(60)
    plan = query._jsq.explainInternal(False)
    assert plan.count(f"{expression}(") == 1, plan
    assert harness.spark.table(harness.name).count() == 1


def test_the_job_says_how_it_decodes(harness):
    harness.create_topic(1)
    harness.run()
    assert harness.events[0]["decoder"] == {"name": "compiled"}
    fields = [*EVENT_SCHEMA["fields"], {"name": "either", "type": ["int", "string"]}]
    decoder = decoder_of(
        harness.spark,
        {"schema": {**EVENT_SCHEMA, "fields": fields}, "maxValueBytes": 1, "maxCollectionItems": 1},
        set(),
    )
    assert decoder.as_fields() == {
        "name": "from_avro",
        "because": "it does not cover a type: either is a union of 2 types beside null",
    }
