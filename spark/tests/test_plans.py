"""The pure parts of maintenance and of tables: retention, rewrite expectation, SQL text, column
comparison.
"""

from __future__ import annotations

import pytest
from pyspark.sql.types import ArrayType, IntegerType, LongType, StringType, StructField, StructType

from tidewater_spark.errors import TidewaterError
from tidewater_spark.iceberg_ddl import check_columns, create_table_sql, literal, quoted_table
from tidewater_spark.maintenance_sql import call_sql
from tidewater_spark.retention import DEAD_LETTERS_KEY, QUERY_ID_KEY, Snapshot, ancestors, retention
from tidewater_spark.rewrite_expectation import PartitionFiles, is_rewrite_due, size_bounds


def snapshot(snapshot_id, parent_id, query_id=None, committed_at_ms=0):
    return Snapshot(
        snapshot_id, parent_id, {QUERY_ID_KEY: query_id} if query_id else {}, committed_at_ms
    )


def chain_of(*query_ids):
    """A chain whose first member is the current snapshot; each is committed at its id, in milliseconds."""
    count = len(query_ids)
    return [
        snapshot(count - index, count - index - 1 or None, query_id, count - index)
        for index, query_id in enumerate(query_ids)
    ]


NOTHING_IS_RECENT = 1_000_000


def test_ancestors_follow_parents_and_leave_out_other_branches():
    snapshots = [snapshot(1, None), snapshot(2, 1), snapshot(3, 2), snapshot(9, 1)]
    assert [item.snapshot_id for item in ancestors(snapshots, 3)] == [3, 2, 1]
    assert ancestors(snapshots, None) == [] and ancestors([], 5) == []
    assert [item.snapshot_id for item in ancestors([snapshot(3, 2)], 3)] == [
        3
    ], "a parent that has expired ends the chain"


@pytest.mark.parametrize(
    "queries, requested, protect, retain_last",
    [
        (["a", "a", "a"], 1, [], 1),
        ([None, "a", "a"], 1, [], 2),
        ([None, None, None, "a"], 2, [], 4),
        ([None, "a"], 5, [], 5),
        ([None, "b", "a"], 1, [], 2),
        ([None, "b", "a"], 1, ["a"], 3),
        ([None, None], 1, ["gone"], 1),
        ([], 3, [], 3),
    ],
)
def test_retention_keeps_the_newest_snapshot_of_each_protected_query(
    queries, requested, protect, retain_last
):
    kept = retention(chain_of(*queries), requested, protect, NOTHING_IS_RECENT)
    assert kept.retain_last == retain_last
    assert ("raised from" in kept.reason) == (retain_last != requested)


@pytest.mark.parametrize(
    "written_since_ms, protect, retain_last, protected",
    [
        (1, [], 5, {"main": "wrote-last", "paused": "wrote-recently", "old": "wrote-recently"}),
        (3, [], 3, {"main": "wrote-last", "paused": "wrote-recently"}),
        (4, [], 1, {"main": "wrote-last"}),
        (4, ["old"], 5, {"main": "wrote-last", "old": "requested"}),
    ],
)
def test_every_query_that_wrote_recently_is_protected(written_since_ms, protect, retain_last, protected):
    kept = retention(chain_of("main", "main", "paused", "paused", "old"), 1, protect, written_since_ms)
    assert kept.retain_last == retain_last
    assert {item["queryId"]: item["because"] for item in kept.protected} == protected


def test_retention_keeps_the_newest_snapshot_of_a_querys_dead_letters():
    letters = [Snapshot(number, number - 1, {DEAD_LETTERS_KEY: "q"}, 0) for number in (2, 1)]
    kept = retention([snapshot(3, 2), *letters], 1, [], NOTHING_IS_RECENT)
    assert kept.retain_last == 2 and [(one["queryId"], one["depth"]) for one in kept.protected] == [("q", 1)]


def test_retention_reports_64_bit_ids_as_text():
    big = 9007199254740993
    chain = [snapshot(big + 2, big), snapshot(big, None, "a")]
    kept = retention(chain, 1, ["b"], NOTHING_IS_RECENT)
    assert kept.protected == [
        {"queryId": "a", "because": "wrote-last", "snapshotId": "9007199254740993", "depth": 1},
        {"queryId": "b", "because": "requested", "snapshotId": None, "depth": None},
    ]


def test_size_bounds_come_from_options_then_properties_then_defaults():
    assert size_bounds({}, {})[:4] == (536870912, 402653184, 966367641, 5)
    assert size_bounds({}, {"write.target-file-size-bytes": "1000"})[:3] == (1000, 750, 1800)
    options = {
        "target-file-size-bytes": "100",
        "min-file-size-bytes": "10",
        "min-input-files": "2",
        "rewrite-all": "TRUE",
    }
    assert size_bounds(options, {"write.target-file-size-bytes": "1000"}) == (100, 10, 180, 2, True)


@pytest.mark.parametrize(
    "partitions, options, due",
    [
        ([], {}, False),
        ([PartitionFiles(4, 100)], {}, False),
        ([PartitionFiles(5, 100)], {}, True),
        ([PartitionFiles(1, 10), PartitionFiles(1, 10)], {"min-input-files": "2"}, False),
        ([PartitionFiles(2, 600000000)], {}, True),
        ([PartitionFiles(1, 600000000)], {}, False),
        ([PartitionFiles(1, 10)], {"rewrite-all": "true"}, True),
    ],
)
def test_a_rewrite_is_due_by_the_planners_rules(partitions, options, due):
    assert is_rewrite_due(size_bounds(options, {}), partitions) is due


def test_names_and_text_can_not_leave_their_quotes():
    assert quoted_table("c", "a.b", "t`x") == "`c`.`a`.`b`.`t``x`"
    assert literal("it's \\ here") == "'it\\'s \\\\ here'"


@pytest.mark.parametrize(
    "operation, sql",
    [
        ({"operation": "rewrite_data_files"}, "rewrite_data_files(table => '`db`.`t`')"),
        (
            {
                "operation": "rewrite_data_files",
                "strategy": "sort",
                "sortOrder": "zorder(a, b)",
                "where": "a = 'x'",
                "options": {"b": "2", "a": "1"},
            },
            "rewrite_data_files(table => '`db`.`t`', strategy => 'sort', sort_order => 'zorder(a, b)', "
            "options => map('a', '1', 'b', '2'), where => 'a = \\'x\\'')",
        ),
        (
            {"operation": "expire_snapshots", "olderThan": "2026-01-31T12:00:00Z", "maxConcurrentDeletes": 3},
            "expire_snapshots(table => '`db`.`t`', older_than => TIMESTAMP '2026-01-31T12:00:00Z', retain_last => 7, max_concurrent_deletes => 3)",
        ),
        (
            {"operation": "rewrite_manifests", "useCaching": False},
            "rewrite_manifests(table => '`db`.`t`', use_caching => false)",
        ),
        (
            {"operation": "remove_orphan_files", "olderThan": "2026-01-31T12:00:00Z", "dryRun": True},
            "remove_orphan_files(table => '`db`.`t`', older_than => TIMESTAMP '2026-01-31T12:00:00Z', dry_run => true)",
        ),
        (
            {"operation": "rewrite_position_delete_files", "where": "a = 1", "options": {"min-input-files": "2"}},
            "rewrite_position_delete_files(table => '`db`.`t`', options => map('min-input-files', '2'), where => 'a = 1')",
        ),
        ({"operation": "compute_table_stats"}, "compute_table_stats(table => '`db`.`t`')"),
        (
            {"operation": "compute_table_stats", "columns": ["a", "b'"]},
            "compute_table_stats(table => '`db`.`t`', columns => array('a', 'b\\''))",
        ),
    ],
)
def test_call_statements(operation, sql):
    assert call_sql("c", "db", "t", operation, 7) == f"CALL `c`.system.{sql}"


COLUMNS = StructType(
    [StructField("id", LongType(), False), StructField("tags", ArrayType(StringType(), False), True)]
)


def test_a_table_is_created_with_what_the_schema_requires():
    nested = StructType(
        COLUMNS.fields + [StructField("in", StructType([StructField("x", IntegerType(), False)]), False)]
    )
    partition_by = [
        {"column": "id", "transform": "bucket", "buckets": 4},
        {"column": "id", "transform": "truncate", "width": 10},
        {"column": "id", "transform": "identity"},
        {"column": "at", "transform": "day"},
    ]
    assert create_table_sql("`c`.`t`", nested, partition_by, {"b": "2", "a": "it's"}) == (
        "CREATE TABLE IF NOT EXISTS `c`.`t` (\n  `id` bigint NOT NULL,\n  `tags` ARRAY<string>,\n"
        "  `in` STRUCT<`x`: int NOT NULL> NOT NULL\n) USING iceberg\n"
        "PARTITIONED BY (bucket(4, `id`), truncate(10, `id`), `id`, days(`at`))\n"
        "TBLPROPERTIES ('a' = 'it\\'s', 'b' = '2')"
    )


@pytest.mark.parametrize(
    "existing, column",
    [
        ([StructField("tags", ArrayType(StringType()))], "id"),
        ([StructField("id", IntegerType()), StructField("tags", ArrayType(StringType()))], "id"),
        ([StructField("id", LongType()), StructField("tags", ArrayType(LongType()))], "tags"),
        ([StructField("id", LongType()), StructField("tags", ArrayType(StringType()), False)], "tags"),
        (COLUMNS.fields + [StructField("extra", StringType(), False)], "extra"),
    ],
)
def test_the_first_column_that_does_not_fit_is_named(existing, column):
    with pytest.raises(TidewaterError) as caught:
        check_columns("c.db.t", COLUMNS, StructType(existing))
    assert caught.value.code == "table-incompatible" and caught.value.details["column"] == column
    assert f"column {column}:" in caught.value.message


def test_other_orders_and_further_columns_that_may_be_null_fit():
    check_columns(
        "t", COLUMNS, StructType(list(reversed(COLUMNS.fields)) + [StructField("extra", StringType())])
    )
