"""SQL text of the maintenance operations. Pure."""

from __future__ import annotations

from typing import Dict, List

from .iceberg_ddl import literal, quoted


def call_sql(catalog: str, namespace: str, name: str, operation: dict, retain_last: int = 1) -> str:
    """The CALL statement of an operation of the plan. retain_last: for expire_snapshots, the number
    retention() found.
    """
    # The procedure parses this argument as an identifier: quoted as one inside the literal.
    target = ".".join(quoted(part) for part in [*namespace.split("."), name])
    arguments = {"table": literal(target), **_ARGUMENTS[operation["operation"]](operation, retain_last)}
    listed = ", ".join(f"{key} => {value}" for key, value in arguments.items())
    return f"CALL {quoted(catalog)}.system.{operation['operation']}({listed})"


def _rewrite_data_files(operation: dict, _retain_last: int) -> Dict[str, str]:
    arguments = {}
    if "strategy" in operation:
        arguments["strategy"] = literal(operation["strategy"])
    if "sortOrder" in operation:
        arguments["sort_order"] = literal(operation["sortOrder"])
    return {**arguments, **_selection(operation)}


def _expire_snapshots(operation: dict, retain_last: int) -> Dict[str, str]:
    return {"older_than": _timestamp(operation), "retain_last": str(retain_last), **_deletes(operation)}


def _rewrite_manifests(operation: dict, _retain_last: int) -> Dict[str, str]:
    return {"use_caching": "true" if operation["useCaching"] else "false"}


def _remove_orphan_files(operation: dict, _retain_last: int) -> Dict[str, str]:
    return {
        "older_than": _timestamp(operation),
        "dry_run": "true" if operation["dryRun"] else "false",
        **_deletes(operation),
    }


def _rewrite_position_delete_files(operation: dict, _retain_last: int) -> Dict[str, str]:
    return _selection(operation)


def _compute_table_stats(operation: dict, _retain_last: int) -> Dict[str, str]:
    if "columns" not in operation:
        return {}
    return {"columns": f"array({', '.join(literal(column) for column in operation['columns'])})"}


def _selection(operation: dict) -> Dict[str, str]:
    arguments = {}
    if operation.get("options"):
        pairs: List[str] = []
        for key, value in sorted(operation["options"].items()):
            pairs += [literal(key), literal(value)]
        arguments["options"] = f"map({', '.join(pairs)})"
    if "where" in operation:
        arguments["where"] = literal(operation["where"])
    return arguments


def _timestamp(operation: dict) -> str:
    return f"TIMESTAMP {literal(operation['olderThan'])}"


def _deletes(operation: dict) -> Dict[str, str]:
    return (
        {"max_concurrent_deletes": str(operation["maxConcurrentDeletes"])}
        if "maxConcurrentDeletes" in operation
        else {}
    )


_ARGUMENTS = {
    "rewrite_data_files": _rewrite_data_files,
    "expire_snapshots": _expire_snapshots,
    "rewrite_manifests": _rewrite_manifests,
    "remove_orphan_files": _remove_orphan_files,
    "rewrite_position_delete_files": _rewrite_position_delete_files,
    "compute_table_stats": _compute_table_stats,
}
