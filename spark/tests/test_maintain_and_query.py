"""Maintenance of a table a streaming query writes to, and queries."""

from __future__ import annotations

import json
import time

import pytest
from avro_bytes import event
from conftest import NOW_SECONDS
from job_process import EntryProcess
from test_stop_and_crash import assert_exactly_once, forget_last_commit, records

from tidewater_spark.document import validate
from tidewater_spark.errors import TidewaterError
from tidewater_spark.maintenance_run import run_plan
from tidewater_spark.query_run import run_queries

pytestmark = pytest.mark.spark

FAR_FUTURE = "2099-01-01T00:00:00Z"


def three_batches(harness, count: int = 30) -> None:
    harness.create_topic(1)
    harness.produce(records(count))
    harness.run(source={"maxOffsetsPerTrigger": count // 3})


def maintain(harness, *operations, **fields) -> list:
    table = {"catalog": harness.catalog, "namespace": "db", "name": harness.name}
    plan = validate(
        "maintenance", {"version": 1, "table": table, "operations": list(operations), **fields}, NOW_SECONDS
    )
    events = []
    try:
        run_plan(
            harness.spark,
            plan,
            lambda name, **rest: events.append({"event": name, **rest}),
            time.monotonic,
            lambda: int(time.time() * 1000),
        )
    finally:
        harness.maintenance = events
    json.dumps(events)
    return events


COMPACT = {"operation": "rewrite_data_files", "options": {"min-input-files": "2"}}
EXPIRE = {"operation": "expire_snapshots", "olderThan": FAR_FUTURE}


def test_a_plan_shrinks_the_table_and_a_replayed_micro_batch_is_still_recognised(harness):
    three_batches(harness)
    events = maintain(
        harness,
        COMPACT,
        {"operation": "rewrite_manifests"},
        EXPIRE,
        {"operation": "remove_orphan_files", "olderThan": "2026-01-01T00:00:00Z"},
    )
    started, *operations, finished = events
    assert started["before"]["snapshots"] == 3 and started["before"]["dataFiles"] == 3
    assert [(item["operation"], item["status"]) for item in operations] == [
        ("rewrite_data_files", "done"),
        ("rewrite_manifests", "done"),
        ("expire_snapshots", "done"),
        ("remove_orphan_files", "done"),
    ]
    compact, _, expire, orphans = (item["result"] for item in operations)
    assert (compact["rewritten_data_files_count"], compact["added_data_files_count"]) == (3, 1)
    assert isinstance(compact["rewritten_bytes_count"], str)
    # The streaming query's newest snapshot lies below the two that maintenance committed.
    assert (expire["retainLastRequested"], expire["snapshotsBefore"]) == (1, 5)
    assert expire["retainLast"] == expire["snapshotsAfter"] == 3 and "raised from 1" in expire["reason"]
    assert expire["protectedQueries"][0]["depth"] == 2
    assert expire["protectedQueries"][0]["queryId"] == harness.events[0]["queries"]["main"]["queryId"]
    assert orphans == {"dryRun": True, "orphanFiles": 0, "sample": []}
    assert finished["after"]["dataFiles"] == 1 and finished["after"]["snapshots"] == 3

    forget_last_commit(harness)
    harness.produce(records(10, first=30))
    harness.run()
    assert_exactly_once(harness, 40)


def test_position_deletes_are_merged_and_statistics_computed(harness):
    three_batches(harness)
    maintain(harness, COMPACT)
    table = harness.table
    harness.spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('write.delete.mode' = 'merge-on-read', 'write.delete.granularity' = 'partition')").collect()
    for identifier in (1, 2, 3):
        harness.spark.sql(f"DELETE FROM {table} WHERE _kafka_offset = {identifier} AND _kafka_partition = 0").collect()
    kept = sorted(harness.coordinates())
    _, deletes, stats, finished = maintain(
        harness,
        {"operation": "rewrite_position_delete_files", "options": {"min-input-files": "2"}},
        {"operation": "compute_table_stats", "columns": ["_kafka_partition"]},
    )
    assert (deletes["result"]["rewritten_delete_files_count"], deletes["result"]["added_delete_files_count"]) == (3, 1)
    assert stats["status"] == "done" and stats["result"]["statistics_file"].endswith(".stats")
    assert finished["event"] == "finished"
    assert sorted(harness.coordinates()) == kept and len(kept) == 24 - 3


def test_without_that_protection_the_replay_would_be_appended_twice(harness):
    """The control of the test above: it shows that the protected snapshot is what prevents duplicates."""
    three_batches(harness)
    maintain(harness, COMPACT)
    harness.spark.sql(
        f"CALL local.system.expire_snapshots(table => 'db.{harness.name}', older_than => TIMESTAMP '{FAR_FUTURE}', retain_last => 1)"
    ).collect()
    forget_last_commit(harness)
    harness.run()
    assert len(harness.coordinates()) == 24 + 8


def test_a_branch_that_overrules_the_protection_is_refused(harness):
    three_batches(harness)
    harness.spark.sql(
        f"ALTER TABLE {harness.table} REPLACE BRANCH main WITH SNAPSHOT RETENTION 1 SNAPSHOTS"
    ).collect()
    with pytest.raises(TidewaterError) as caught:
        maintain(harness, COMPACT, EXPIRE, {"operation": "rewrite_manifests"})
    assert caught.value.code == "retention-conflict"
    states = [
        (item["operation"], item["status"]) for item in harness.maintenance if item["event"] == "operation"
    ]
    assert states == [
        ("rewrite_data_files", "done"),
        ("expire_snapshots", "failed"),
        ("rewrite_manifests", "skipped"),
    ]


def test_operations_that_fail_are_reported_with_their_reason(harness):
    three_batches(harness)
    with pytest.raises(TidewaterError) as caught:
        maintain(harness, {"operation": "rewrite_data_files", "where": "no_such_column = 'it''s'"})
    assert caught.value.code == "operation-failed" and "no_such_column" in caught.value.message
    assert harness.maintenance[-1]["error"]["code"] == "operation-failed"
    assert [item["event"] for item in harness.maintenance] == ["started", "operation"]


def test_a_table_that_is_not_there_is_named(harness):
    with pytest.raises(TidewaterError) as caught:
        maintain(harness, COMPACT)
    assert caught.value.code == "table-not-found" and harness.table in caught.value.message


def test_orphans_are_listed_and_with_dry_run_off_removed(harness):
    import os
    from pathlib import Path

    three_batches(harness)
    orphan = Path(harness.catalog["warehouse"]) / "db" / harness.name / "data" / "orphan.parquet"
    orphan.write_bytes(b"left over")
    os.utime(orphan, (1_700_000_000, 1_700_000_000))
    operation = {"operation": "remove_orphan_files", "olderThan": "2025-01-01T00:00:00Z"}
    listed = maintain(harness, operation)[1]["result"]
    assert listed["orphanFiles"] == 1 and listed["sample"][0].endswith("/orphan.parquet") and orphan.exists()
    removed = maintain(harness, {**operation, "dryRun": False})[1]["result"]
    assert removed["orphanFiles"] == 1 and not orphan.exists()
    assert_exactly_once(harness, 30)


def query(harness, *queries) -> list:
    document = {"version": 1, "catalog": harness.catalog, "queries": list(queries)}
    events = []
    run_queries(
        harness.spark,
        validate("queries", document, NOW_SECONDS),
        lambda name, **rest: events.append({"event": name, **rest}),
        time.monotonic,
    )
    return json.loads(json.dumps(events, allow_nan=False))


def test_rows_are_json_that_javascript_reads_without_loss(harness):
    sql = (
        "SELECT 9007199254740993 AS big, CAST(7 AS INT) AS small, CAST(1.50 AS DECIMAL(10, 2)) AS price, "
        "X'00FF' AS raw, TIMESTAMP '2026-01-31T12:00:00.25Z' AS at, DATE '2026-01-31' AS day, "
        "named_struct('id', 9007199254740993, 'ok', true) AS inner, array(1L, NULL) AS list, map('k', 2L) AS map, "
        "map(3L, 'v') AS pairs, double('NaN') AS none, 0.5D AS half, CAST(NULL AS STRING) AS nothing"
    )
    row, end = query(harness, {"id": "q", "sql": sql})
    assert row == {
        "event": "row",
        "query": "q",
        "row": {
            "big": "9007199254740993",
            "small": 7,
            "price": "1.50",
            "raw": "AP8=",
            "at": "2026-01-31T12:00:00.250000Z",
            "day": "2026-01-31",
            "inner": {"id": "9007199254740993", "ok": True},
            "list": ["1", None],
            "map": {"k": "2"},
            "pairs": [{"key": "3", "value": "v"}],
            "none": "nan",
            "half": 0.5,
            "nothing": None,
        },
    }
    assert (end["event"], end["query"], end["rows"]) == ("query", "q", 1)
    assert end["columns"][0] == {"name": "big", "type": "bigint"}


@pytest.mark.parametrize(
    "sql",
    [
        "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
        "VALUES 1",
        "SHOW NAMESPACES IN local",
        "DESCRIBE QUERY SELECT 1 AS a",
    ],
)
def test_statements_that_read_run(harness, sql):
    assert query(harness, {"id": "q", "sql": sql})[-1]["rows"] >= 1


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE local.db.t",
        "CREATE TABLE local.db.t AS SELECT 1 AS a",
        "INSERT INTO local.db.t VALUES (1)",
        "WITH x AS (SELECT 1) INSERT INTO local.db.t SELECT * FROM x",
        "FROM local.db.t INSERT INTO local.db.u SELECT * INSERT INTO local.db.v SELECT *",
        "DELETE FROM local.db.t",
        "MERGE INTO local.db.t USING local.db.u ON t.a = u.a WHEN MATCHED THEN DELETE",
        "SET spark.sql.x = 1",
        "CALL local.system.rewrite_manifests('db.t')",
        "ALTER TABLE local.db.t CREATE BRANCH b",
        "SELECT TRANSFORM(a) USING 'cat' AS (b) FROM local.db.t",
        "CACHE TABLE local.db.t",
    ],
)
def test_statements_that_change_something_are_refused_before_any_runs(harness, sql):
    events = []
    document = {
        "version": 1,
        "catalog": harness.catalog,
        "queries": [{"id": "a", "sql": "SELECT 1"}, {"id": "b", "sql": sql}],
    }
    with pytest.raises(TidewaterError) as caught:
        run_queries(
            harness.spark,
            validate("queries", document, NOW_SECONDS),
            lambda name, **rest: events.append(name),
            time.monotonic,
        )
    assert caught.value.code == "not-a-read" and caught.value.details["query"] == "b" and events == []


@pytest.mark.parametrize(
    "sql, code", [("SELEKT 1", "query-failed"), ("SELECT * FROM local.db.none", "query-failed")]
)
def test_sql_that_fails_is_reported(harness, sql, code):
    with pytest.raises(TidewaterError) as caught:
        query(harness, {"id": "broken", "sql": sql})
    assert caught.value.code == code and "query broken" in caught.value.message


def test_more_rows_than_allowed_are_an_error(harness):
    assert query(harness, {"id": "q", "sql": "SELECT * FROM range(5)", "maxRows": 5})[-1]["rows"] == 5
    with pytest.raises(TidewaterError) as caught:
        query(harness, {"id": "q", "sql": "SELECT * FROM range(6)", "maxRows": 5})
    assert caught.value.code == "too-many-rows"


def test_the_entry_point_prints_events_alone(harness, spark_conf_dir, tmp_path):
    harness.create_topic(1)
    harness.produce([event(9007199254740993)])
    harness.run()
    document = {
        "version": 1,
        "catalog": harness.catalog,
        "queries": [{"id": "ids", "sql": f"SELECT id FROM {harness.table}"}],
    }
    with EntryProcess("query", "--queries", document, spark_conf_dir, tmp_path) as process:
        events = list(process.events())
        assert process.process.wait(90) == 0
        assert process.group_is_gone()
    assert [item["event"] for item in events] == ["row", "query"]
    assert events[0]["row"] == {"id": "9007199254740993"}
