"""Any statement of Spark SQL, with its rows."""

from __future__ import annotations

from tidewater_spark.json_rows import json_value

ROWS_PER_PART = 1_000


def run(statement, arguments: dict) -> dict:
    """Emits parts of rows, each row a list of values, and returns the columns and the bytes that were scanned.

    arguments: `sql` and the current `namespace`.
    """
    frame = statement.session(arguments["namespace"]).sql(arguments["sql"])
    fields = frame.schema.fields
    rows = frame.collect()
    for start in range(0, len(rows), ROWS_PER_PART):
        statement.part(
            [
                [json_value(row[index], field.dataType) for index, field in enumerate(fields)]
                for row in rows[start : start + ROWS_PER_PART]
            ]
        )
    columns = [{"name": field.name, "type": field.dataType.simpleString()} for field in fields]
    return {"columns": columns, "scannedBytes": _scanned_bytes(frame)}


def _scanned_bytes(frame) -> int:
    """What Iceberg's scans estimate for the columns and files that are left after pruning."""
    leaves = frame._jdf.queryExecution().optimizedPlan().collectLeaves()
    total = 0
    for index in range(leaves.size()):
        leaf = leaves.apply(index)
        if leaf.getClass().getSimpleName() == "DataSourceV2ScanRelation":
            total += int(str(leaf.computeStats().sizeInBytes()))
    return total
