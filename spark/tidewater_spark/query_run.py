"""Runs the queries of a document and emits their rows."""

from __future__ import annotations

from typing import Callable

from .errors import TidewaterError, first_lines
from .events import Emit
from .json_rows import json_row
from .read_only import check_reads_only


def run_queries(spark, document: dict, emit: Emit, now_seconds: Callable[[], float]) -> None:
    """Emits a `row` per row and a `query` at the end of each query. Raises TidewaterError at the first that
    fails.

    Every statement is checked before the first one runs.
    """
    for query in document["queries"]:
        check_reads_only(spark, query["id"], query["sql"])
    for query in document["queries"]:
        started = now_seconds()
        rows = 0
        try:
            frame = spark.sql(query["sql"])
            # One row beyond the bound tells "as many as allowed" from "more".
            for row in frame.limit(query["maxRows"] + 1).toLocalIterator():
                rows += 1
                if rows > query["maxRows"]:
                    raise _too_many(query)
                emit("row", query=query["id"], row=json_row(row, frame.schema))
        except TidewaterError:
            raise
        except Exception as error:
            raise TidewaterError(
                "query-failed",
                f"query {query['id']}: {first_lines(error)}",
                "Correct the SQL.",
                {"query": query["id"]},
            ) from error
        columns = [{"name": field.name, "type": field.dataType.simpleString()} for field in frame.schema]
        emit(
            "query", query=query["id"], rows=rows, columns=columns, seconds=round(now_seconds() - started, 3)
        )


def _too_many(query: dict) -> TidewaterError:
    return TidewaterError(
        "too-many-rows",
        f"query {query['id']} returns more than maxRows {query['maxRows']} rows",
        "Aggregate or limit in SQL, or raise maxRows.",
        {"query": query["id"], "maxRows": query["maxRows"]},
    )
