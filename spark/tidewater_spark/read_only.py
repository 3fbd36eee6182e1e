"""Refuses SQL that does anything but read, by what Spark's own parser makes of it.

It keeps a query document from changing a table by mistake. It is no sandbox: whoever writes the document
chooses functions and files to read.
"""

from __future__ import annotations

from .errors import TidewaterError, first_lines

READING_COMMANDS = ("Describe", "Show")
# Runs a program on the executors, though it stands in a SELECT.
REFUSED_NODES = ("ScriptTransformation",)


def check_reads_only(spark, query_id: str, sql: str) -> None:
    """Raises TidewaterError not-a-read, or query-failed for what can't be parsed."""
    try:
        plan = spark._jsparkSession.sessionState().sqlParser().parsePlan(sql)
    except Exception as error:
        raise TidewaterError(
            "query-failed", f"query {query_id}: {first_lines(error)}", "Correct the SQL.", {"query": query_id}
        ) from error
    catalyst = "org.apache.spark.sql.catalyst.plans.logical"
    load = spark._jvm.org.apache.spark.util.Utils.classForName
    changing = [load(f"{catalyst}.{name}", True, False) for name in ("Command", "ParsedStatement")]
    nodes = [plan]
    while nodes:
        node = nodes.pop()
        name = node.getClass().getSimpleName()
        commands = any(kind.isInstance(node) for kind in changing)
        if (commands and not (node is plan and name.startswith(READING_COMMANDS))) or name in REFUSED_NODES:
            raise TidewaterError(
                "not-a-read",
                f"query {query_id} is {name}, which does more than read",
                "Queries are SELECT, WITH, VALUES, TABLE, DESCRIBE or SHOW; run others with Spark's own tools.",
                {"query": query_id, "statement": name},
            )
        children = node.children()
        nodes.extend(children.apply(index) for index in range(children.size()))
