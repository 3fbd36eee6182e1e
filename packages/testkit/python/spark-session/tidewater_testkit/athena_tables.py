"""OPTIMIZE and VACUUM as Athena does them, by Iceberg's actions and the properties that Athena reads."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Tuple

from tidewater_spark.iceberg_ddl import quoted_table

TARGET_FILE_BYTES = 512 * 1024 * 1024


class Refused(Exception):
    """What Athena answers to a statement that it doesn't carry out."""


def optimize(statement, arguments: dict) -> dict:
    """Rewrites the files of at most `partitions` partitions.

    arguments: catalog, namespace, table, `where` or None, `partitions`. Returns whether `more` runs are needed, how many
    partitions were `processed`, and the bytes read.
    """
    session = statement.session(arguments["namespace"])
    table, name = _load(session, arguments)
    if table.operations().current().formatVersion() != 2:
        raise Refused("NOT_SUPPORTED: OPTIMIZE takes Iceberg tables of format version 2 only")
    expressions = session._jvm.org.apache.iceberg.expressions.Expressions
    chosen = expressions.alwaysTrue()
    if arguments["where"] is not None:
        chosen = _filter(session, table, name, arguments["where"])
    options = _rewrite_options(table.properties())
    due = _due_partitions(session, table, chosen, options)
    statement.check()
    if not due:
        return {"more": False, "processed": 0, "scannedBytes": 0}
    # Partitions of an earlier spec have no expression of their own: such a table is rewritten in one round.
    more = len(due) > arguments["partitions"] and table.specs().size() == 1
    processed = due[: arguments["partitions"]] if more else due
    if more:
        some = expressions.alwaysFalse()
        for values in processed:
            some = getattr(expressions, "or")(some, _in_partition(session, table, values))
        chosen = getattr(expressions, "and")(chosen, some)
    actions = session._jvm.org.apache.iceberg.spark.actions.SparkActions.get(session._jsparkSession)
    result = actions.rewriteDataFiles(table).binPack().options(options).filter(chosen).execute()
    return {"more": more, "processed": len(processed), "scannedBytes": result.rewrittenBytesCount()}


def vacuum(statement, arguments: dict) -> dict:
    """Expires snapshots, then deletes at most `files` files that nothing refers to.

    arguments: catalog, namespace, table, `files`, `deletes`: false leaves every file where it is. Returns whether `more`
    runs are needed and how many files were `removed`.
    """
    session = statement.session(arguments["namespace"])
    table, _ = _load(session, arguments)
    location = table.location()
    if len(location.split("://")[-1].rstrip("/").split("/")) < 2:
        raise Refused(f"GENERIC_INTERNAL_ERROR: Path missing in file system location: {location}")
    properties = table.properties()
    age_ms = 1_000 * int(properties.get("vacuum_max_snapshot_age_seconds") or 432_000)
    keep = int(properties.get("vacuum_min_snapshots_to_keep") or 1)
    older_than_ms = max(0, int(time.time() * 1_000) - age_ms)
    expiry = table.expireSnapshots().expireOlderThan(older_than_ms).retainLast(keep)
    # Its files are older than the snapshot itself, and then nobody's: the removal of orphans finds them.
    expiry.cleanExpiredFiles(False).commit()
    _forget_metadata_files(table, int(properties.get("vacuum_max_metadata_files_to_keep") or 100))
    statement.check()
    if not arguments["deletes"]:
        return {"more": False, "removed": 0}
    orphans = _orphans(session, table, older_than_ms)
    statement.check()
    removed = min(orphans.size(), arguments["files"])
    if removed > 0:
        table.io().deleteFiles(orphans.subList(0, removed))
    return {"more": orphans.size() > removed, "removed": removed}


def _load(session, arguments: dict) -> Tuple[Any, str]:
    name = quoted_table(arguments["catalog"], arguments["namespace"], arguments["table"])
    return session._jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergTable(session._jsparkSession, name), name


def _filter(session, table, name: str, where: str):
    """The predicate as Iceberg's expression. Raises Refused when it doesn't select whole partitions."""
    jvm = session._jvm
    converter = jvm.org.apache.spark.sql.execution.datasources.SparkExpressionConverter
    resolved = converter.collectResolvedSparkExpression(session._jsparkSession, name, where)
    try:
        expression = converter.convertToIcebergExpression(resolved)
    except Exception as error:
        # Functions of columns: what Iceberg has no expression for can't be told by partitions either.
        raise _unselective() from error
    if not jvm.org.apache.iceberg.expressions.ExpressionUtil.selectsPartitions(expression, table, False):
        raise _unselective()
    return expression


def _unselective() -> Refused:
    return Refused(
        "NOT_SUPPORTED: Unexpected FilterNode found in plan; probably connector was not able to handle provided "
        "WHERE expression"
    )


def _rewrite_options(properties) -> Dict[str, str]:
    target = int(properties.get("write_target_data_file_size_bytes") or TARGET_FILE_BYTES)
    smallest = int(properties.get("optimize_rewrite_min_data_file_size_bytes") or target * 3 // 4)
    largest = int(properties.get("optimize_rewrite_max_data_file_size_bytes") or target * 9 // 5)
    return {
        "target-file-size-bytes": str(target),
        "min-file-size-bytes": str(smallest),
        "max-file-size-bytes": str(largest),
        "min-input-files": properties.get("optimize_rewrite_data_file_threshold") or "5",
        "delete-file-threshold": properties.get("optimize_rewrite_delete_file_threshold") or "2",
        # Iceberg's own reason beside the number of delete files; Athena documents none.
        "delete-ratio-threshold": "1.0",
    }


def _due_partitions(session, table, chosen, options: Dict[str, str]) -> List[Tuple[Any, ...]]:
    """The values of the partitions that a rewrite would touch: as Iceberg's planner, it looks at a partition's files."""
    smallest, largest = int(options["min-file-size-bytes"]), int(options["max-file-size-bytes"])
    anything = session._jvm.java.lang.Class.forName("java.lang.Object")
    files: Dict[Tuple[Any, ...], List[int]] = {}
    with_deletes = set()
    tasks = table.newScan().filter(chosen).ignoreResiduals().planFiles()
    iterator = tasks.iterator()
    while iterator.hasNext():
        task = iterator.next()
        partition = task.file().partition()
        values = tuple(partition.get(index, anything) for index in range(partition.size()))
        size = task.file().fileSizeInBytes()
        if task.deletes().size() >= int(options["delete-file-threshold"]):
            with_deletes.add(values)
        if size < smallest or size > largest:
            files.setdefault(values, []).append(size)
    tasks.close()
    due = {values for values, sizes in files.items() if _is_due(sizes, options)}
    return sorted(due | with_deletes, key=str)


def _is_due(sizes: List[int], options: Dict[str, str]) -> bool:
    total = sum(sizes)
    several = len(sizes) > 1 and (
        len(sizes) >= int(options["min-input-files"]) or total > int(options["target-file-size-bytes"])
    )
    return several or total > int(options["max-file-size-bytes"])


def _in_partition(session, table, values: Tuple[Any, ...]):
    expressions = session._jvm.org.apache.iceberg.expressions.Expressions
    whole = expressions.alwaysTrue()
    for index, field in enumerate(table.spec().fields()):
        if field.transform().isVoid():
            continue
        source = table.schema().findColumnName(field.sourceId())
        term = (
            expressions.ref(source)
            if field.transform().isIdentity()
            else expressions.transform(source, field.transform())
        )
        value = values[index]
        equal = expressions.isNull(term) if value is None else expressions.equal(term, value)
        whole = getattr(expressions, "and")(whole, equal)
    return whole


def _forget_metadata_files(table, keep: int) -> None:
    """Shortens the log of earlier metadata files, which each commit cuts to what a property of Iceberg's says."""
    if table.operations().current().previousFiles().size() <= keep:
        return
    name = "write.metadata.previous-versions-max"
    own = table.properties().get(name)
    # The commit that puts the property back adds one.
    table.updateProperties().set(name, str(max(1, keep - 1))).commit()
    restored = table.updateProperties()
    (restored.remove(name) if own is None else restored.set(name, own)).commit()


def _orphans(session, table, older_than_ms: int):
    """Files below the table's location that nothing refers to, a Java list.

    The procedure refuses an age of less than a day, which Athena does not; the action doesn't either.
    """
    jvm = session._jvm
    found = jvm.java.util.ArrayList()
    class_of = jvm.java.lang.Class.forName
    invoke = jvm.java.lang.invoke
    add = invoke.MethodHandles.publicLookup().findVirtual(
        class_of("java.util.Collection"),
        "add",
        invoke.MethodType.methodType(jvm.java.lang.Boolean.TYPE, class_of("java.lang.Object")),
    )
    # The action deletes by a function of the caller's; one in Python would need a server for callbacks.
    collect = invoke.MethodHandleProxies.asInterfaceInstance(
        class_of("java.util.function.Consumer"), add.bindTo(jvm.java.util.Collections.synchronizedList(found))
    )
    actions = jvm.org.apache.iceberg.spark.actions.SparkActions.get(session._jsparkSession)
    actions.deleteOrphanFiles(table).usePrefixListing(True).olderThan(older_than_ms).deleteWith(collect).execute()
    jvm.java.util.Collections.sort(found)
    return found
