"""What the entry points share: standard output, exit codes, and the end of the JVM."""

from __future__ import annotations

import argparse
import re
import time
import traceback
from typing import Any, Callable, List, Optional

from .document import load, read_file
from .errors import EXIT_DONE, EXIT_FAILED, TidewaterError, first_lines
from .events import Emit, event_writer, take_over_stdout
from .hadoop_fs import read_before_session
from .session import end_session, jvm_has_ended, start_session

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def run_entry(
    kind: str,
    flag: str,
    description: str,
    arguments: Optional[List[str]],
    catalog_of: Callable[[dict], dict],
    act: Callable[[Any, dict, Emit], None],
    jvm_properties: Callable[[dict], dict] = lambda document: {},
    observed: Callable[[Any, dict, Emit], Emit] = lambda spark, document, emit: emit,
) -> int:
    """Loads the document given by the flag, starts Spark, acts, and returns the exit code: 0 done, 1 failed,
    2 bad document.

    Whatever fails is one `failed` event. observed: makes the emit of everything from the session's start on.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        flag, dest="path", required=True, metavar="FILE", help=f"path or URI of the JSON document ({kind})"
    )
    path = parser.parse_args(arguments).path
    emit = event_writer(take_over_stdout())
    spark = None
    try:
        read = read_before_session if _URI.match(path) else read_file
        document = load(kind, path, time.time(), read)
        spark = start_session(
            document.get("name", f"tidewater-{kind}"), catalog_of(document), jvm_properties(document)
        )
        emit = observed(spark, document, emit)
        act(spark, document, emit)
        return EXIT_DONE
    except TidewaterError as error:
        emit("failed", **error.as_fields())
        return error.exit_code
    except Exception as error:
        traceback.print_exc()
        emit("failed", **_unexpected(error).as_fields())
        return EXIT_FAILED
    finally:
        end_session(spark)


def _unexpected(error: Exception) -> TidewaterError:
    if jvm_has_ended(error):
        return TidewaterError(
            "jvm-lost",
            "Spark's JVM ended",
            "Look in the log on standard error for OutOfMemoryError or a kill; raise spark.driver.memory; start again.",
        )
    return TidewaterError("internal", first_lines(error), "See the stack trace on standard error.")
