"""Reads what maintenance decides on from Iceberg's metadata tables."""

from __future__ import annotations

from typing import Dict, List, Optional

from .retention import Snapshot
from .rewrite_expectation import PartitionFiles, SizeBounds


def snapshots(spark, table: str) -> List[Snapshot]:
    rows = spark.sql(
        f"SELECT snapshot_id, parent_id, summary, unix_millis(committed_at) AS committed_at_ms FROM {table}.snapshots"
    ).collect()
    return [
        Snapshot(row["snapshot_id"], row["parent_id"], dict(row["summary"] or {}), row["committed_at_ms"])
        for row in rows
    ]


def main_branch(spark, table: str) -> Optional[dict]:
    """The main branch: snapshot id and its own retention settings; None for a table without snapshots."""
    rows = spark.sql(
        f"SELECT snapshot_id, min_snapshots_to_keep, max_snapshot_age_in_ms FROM {table}.refs WHERE name = 'main'"
    ).collect()
    return rows[0].asDict() if rows else None


def properties(spark, table: str) -> Dict[str, str]:
    return {row["key"]: row["value"] for row in spark.sql(f"SHOW TBLPROPERTIES {table}").collect()}


def counts(spark, table: str) -> Dict[str, int]:
    """Data files and their bytes, manifests and snapshots of the current table."""
    files = spark.sql(
        f"SELECT count(*) AS files, coalesce(sum(file_size_in_bytes), 0) AS bytes FROM {table}.files WHERE content = 0"
    ).collect()[0]
    return {
        "dataFiles": files["files"],
        "dataBytes": files["bytes"],
        "manifests": spark.sql(f"SELECT count(*) FROM {table}.manifests").collect()[0][0],
        "snapshots": spark.sql(f"SELECT count(*) FROM {table}.snapshots").collect()[0][0],
    }


def files_out_of_bounds(spark, table: str, bounds: SizeBounds) -> List[PartitionFiles]:
    files = spark.table(f"{table}.files")
    # An unpartitioned table's files have no column `partition`.
    partition = "to_json(partition)" if "partition" in files.columns else "''"
    due = (
        "true"
        if bounds.rewrite_all
        else (f"file_size_in_bytes < {bounds.min_bytes} OR file_size_in_bytes > {bounds.max_bytes}")
    )
    rows = (
        files.filter("content = 0")
        .filter(due)
        .selectExpr(f"{partition} AS p", "spec_id", "file_size_in_bytes AS bytes")
        .groupBy("p", "spec_id")
        .agg({"*": "count", "bytes": "sum"})
        .collect()
    )
    return [PartitionFiles(row["count(1)"], row["sum(bytes)"]) for row in rows]
