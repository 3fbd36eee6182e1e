"""Runs the operations of a maintenance plan on one table."""

from __future__ import annotations

from typing import Any, Callable, Dict

from . import table_metadata
from .errors import TidewaterError, first_lines
from .events import Emit
from .iceberg_ddl import quoted_table
from .json_rows import json_row
from .maintenance_sql import call_sql
from .retention import ancestors, retention
from .rewrite_expectation import is_rewrite_due, size_bounds
from .table_lock import writing

ORPHAN_SAMPLE_FILES = 100


def run_plan(
    spark, plan: dict, emit: Emit, now_seconds: Callable[[], float], clock_ms: Callable[[], int]
) -> None:
    """Emits `started`, one `operation` per operation, and `finished`, holding the table.

    The first operation that fails ends the run, the rest are reported as skipped, and its TidewaterError is
    raised: a later operation may rest on an earlier one. now_seconds: for durations; clock_ms: Unix milliseconds,
    for the age of snapshots. Raises also table-not-found and table-in-use.
    """
    target = plan["table"]
    label = f"{target['catalog']['name']}.{target['namespace']}.{target['name']}"
    table = quoted_table(target["catalog"]["name"], target["namespace"], target["name"])
    if not spark.catalog.tableExists(table):
        raise TidewaterError(
            "table-not-found",
            f"table {label} does not exist",
            "Correct /table, or check the catalog's warehouse.",
            {"table": label},
        )
    with writing(spark, target["catalog"], [target]):
        # The look above cached the table; whoever held the lock until now may have committed since.
        spark.sql(f"REFRESH TABLE {table}").collect()
        _run(spark, plan, label, table, emit, now_seconds, clock_ms)


def _run(
    spark,
    plan: dict,
    label: str,
    table: str,
    emit: Emit,
    now_seconds: Callable[[], float],
    clock_ms: Callable[[], int],
) -> None:
    before = table_metadata.counts(spark, table)
    emit("started", table=label, operations=len(plan["operations"]), before=before)
    for index, operation in enumerate(plan["operations"]):
        started = now_seconds()
        fields: Dict[str, Any] = {"index": index, "operation": operation["operation"]}
        try:
            result = _RUNNERS[operation["operation"]](spark, plan, table, operation, clock_ms)
        except Exception as error:
            failure = error if isinstance(error, TidewaterError) else _failure(label, operation, error)
            emit(
                "operation",
                **fields,
                status="failed",
                seconds=_seconds(started, now_seconds),
                error=failure.as_fields(),
            )
            for later in range(index + 1, len(plan["operations"])):
                emit(
                    "operation",
                    index=later,
                    operation=plan["operations"][later]["operation"],
                    status="skipped",
                )
            raise failure from error
        emit("operation", **fields, status="done", seconds=_seconds(started, now_seconds), result=result)
    emit(
        "finished",
        table=label,
        operations=len(plan["operations"]),
        before=before,
        after=table_metadata.counts(spark, table),
    )


def _rewrite_data_files(spark, plan: dict, table: str, operation: dict, _clock_ms) -> dict:
    bounds = size_bounds(operation.get("options", {}), table_metadata.properties(spark, table))
    # A predicate narrows the files in ways only the planner knows, so nothing can be expected then.
    due = "where" not in operation and is_rewrite_due(
        bounds, table_metadata.files_out_of_bounds(spark, table, bounds)
    )
    result = _call(spark, plan, operation)
    rewritten, failed = int(result["rewritten_data_files_count"]), int(
        result.get("failed_data_files_count") or 0
    )
    if rewritten == 0 and (due or failed > 0):
        raise TidewaterError(
            "rewrite-achieved-nothing",
            f"rewrite_data_files ended without an error and rewrote 0 files, although files were due ({failed} failed)",
            "Look for failed commits in the log: most often an expire_snapshots ran beside it. Run one maintenance at a time.",
            {"result": result},
        )
    return result


def _expire_snapshots(spark, plan: dict, table: str, operation: dict, clock_ms) -> dict:
    snapshots = table_metadata.snapshots(spark, table)
    branch = table_metadata.main_branch(spark, table)
    chain = ancestors(snapshots, branch["snapshot_id"] if branch else None)
    written_since_ms = clock_ms() - plan["protectQueriesMaxAgeHours"] * 3_600_000
    kept = retention(chain, operation["retainLast"], plan["protectQueryIds"], written_since_ms)
    own = branch["min_snapshots_to_keep"] if branch else None
    if (
        own is not None
        and own < kept.retain_last
        and any(item["depth"] is not None for item in kept.protected)
    ):
        # The branch's own setting beats retain_last.
        raise TidewaterError(
            "retention-conflict",
            f"branch main keeps {own} snapshots by its own setting, which overrules retain_last {kept.retain_last} ({kept.reason})",
            f"ALTER TABLE … REPLACE BRANCH main WITH SNAPSHOT RETENTION {kept.retain_last} SNAPSHOTS, or more.",
        )
    counts = _call(spark, plan, operation, kept.retain_last)
    return {
        **counts,
        "snapshotsBefore": len(snapshots),
        "snapshotsAfter": len(table_metadata.snapshots(spark, table)),
        "retainLastRequested": operation["retainLast"],
        "retainLast": kept.retain_last,
        "reason": kept.reason,
        "protectedQueries": kept.protected,
    }


def _called(spark, plan: dict, _table: str, operation: dict, _clock_ms) -> dict:
    return _call(spark, plan, operation)


def _remove_orphan_files(spark, plan: dict, _table: str, operation: dict, _clock_ms) -> dict:
    rows = spark.sql(_sql(plan, operation, 1)).collect()
    locations = sorted(row[0] for row in rows)
    return {
        "dryRun": operation["dryRun"],
        "orphanFiles": len(locations),
        "sample": locations[:ORPHAN_SAMPLE_FILES],
    }


def _call(spark, plan: dict, operation: dict, retain_last: int = 1) -> dict:
    frame = spark.sql(_sql(plan, operation, retain_last))
    return json_row(frame.collect()[0], frame.schema)


def _sql(plan: dict, operation: dict, retain_last: int) -> str:
    target = plan["table"]
    return call_sql(target["catalog"]["name"], target["namespace"], target["name"], operation, retain_last)


def _failure(label: str, operation: dict, error: Exception) -> TidewaterError:
    return TidewaterError(
        "operation-failed",
        f"{operation['operation']} on {label} failed: {first_lines(error)}",
        "The table is as before this operation, or holds the part of it that was committed; correct the cause and run the plan again.",
    )


def _seconds(started: float, now_seconds: Callable[[], float]) -> float:
    return round(now_seconds() - started, 3)


_RUNNERS: Dict[str, Callable[..., dict]] = {
    "rewrite_data_files": _rewrite_data_files,
    "expire_snapshots": _expire_snapshots,
    "rewrite_manifests": _called,
    "remove_orphan_files": _remove_orphan_files,
    "rewrite_position_delete_files": _called,
    "compute_table_stats": _called,
}
