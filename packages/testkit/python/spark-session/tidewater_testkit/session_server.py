"""One Spark session for many statements, as long as standard input is open.

    python -m tidewater_testkit.session_server '{"name": "lake", "type": "glue", "warehouse": "s3://lake/"}'

The argument is a catalog as a job's document has it. Requests and answers are JSON lines:

    {"id": "1", "function": "tidewater_testkit.sql:run", "arguments": {...}}    starts a statement
    {"cancel": "1"}                                                            ends its Spark jobs
    {"event": "ready"}                                                         the session is there
    {"event": "part", "id": "1", "value": ...}                                 a part of a statement's result
    {"event": "result", "id": "1", "value": ...}                               its end
    {"event": "statement-failed", "id": "1", "message": ..., "causes": ..., "cancelled": ...}

Statements run beside each other, each in a thread of its own.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
import traceback
from typing import Any, Dict

from tidewater_spark.errors import EXIT_DONE, TidewaterError, cause_chain, first_lines
from tidewater_spark.events import Emit, event_writer, take_over_stdout
from tidewater_spark.iceberg_ddl import quoted, quoted_namespace
from tidewater_spark.session import end_session, start_session

# A statement may be between two Spark jobs when it is cancelled: the next one must not run either.
CANCEL_AGAIN_SECONDS = 0.2
CAUSES_LIMIT_CHARACTERS = 10_000


class Sessions:
    """Sessions that differ in their current namespace and share all else; made on first use."""

    def __init__(self, spark, catalog: str):
        self._spark = spark
        self._catalog = catalog
        self._lock = threading.Lock()
        self._by_namespace: Dict[str, Any] = {}

    def of(self, namespace: str):
        with self._lock:
            if namespace not in self._by_namespace:
                session = self._spark.newSession()
                session.sql(f"USE {quoted_namespace(self._catalog, namespace) if namespace else quoted(self._catalog)}")
                self._by_namespace[namespace] = session
            return self._by_namespace[namespace]


class Cancelled(Exception):
    """The statement was cancelled."""


class Statement:
    """What a function that carries out a statement is given."""

    def __init__(self, statement_id: str, sessions: Sessions, emit: Emit):
        self.id = statement_id
        self.tag = f"statement-{statement_id}"
        self.cancelled = threading.Event()
        self.ended = threading.Event()
        self._sessions = sessions
        self._emit = emit

    def session(self, namespace: str):
        """The Spark session whose current namespace this is (empty: none), and makes it the thread's own."""
        session = self._sessions.of(namespace)
        # Iceberg's actions look for it there, and keep catalogs of theirs in its configuration.
        session._jvm.org.apache.spark.sql.SparkSession.setActiveSession(session._jsparkSession)
        return session

    def part(self, value: object) -> None:
        self._emit("part", id=self.id, value=value)

    def check(self) -> None:
        """To be called between two steps. Raises Cancelled."""
        if self.cancelled.is_set():
            raise Cancelled()


class SessionServer:
    """Takes requests from one thread, and carries them out in others."""

    def __init__(self, spark, catalog: str, emit: Emit):
        self._spark = spark
        self._sessions = Sessions(spark, catalog)
        self._lock = threading.Lock()
        self._running: Dict[str, Statement] = {}

        def emit_whole(event: str, **fields: object) -> None:
            with self._lock:
                emit(event, **fields)

        self._emit = emit_whole

    def take(self, request: dict) -> None:
        from pyspark import InheritableThread

        if "cancel" in request:
            statement = self._running.get(request["cancel"])
            if statement is not None and not statement.cancelled.is_set():
                statement.cancelled.set()
                InheritableThread(target=self._cancel, args=(statement,), daemon=True).start()
            return
        statement = Statement(request["id"], self._sessions, self._emit)
        self._running[statement.id] = statement
        InheritableThread(target=self._carry_out, args=(statement, request), daemon=True).start()

    def _carry_out(self, statement: Statement, request: dict) -> None:
        try:
            # Not a job group: Iceberg's actions set groups of their own, and run jobs in threads of their own.
            self._spark.sparkContext.addJobTag(statement.tag)
            statement.check()
            module, function = request["function"].split(":")
            run = getattr(importlib.import_module(module), function)
            value = run(statement, request["arguments"])
            self._emit("result", id=statement.id, value=value)
        except Exception as error:
            if not statement.cancelled.is_set():
                traceback.print_exc()
            self._emit(
                "statement-failed",
                id=statement.id,
                message=first_lines(error),
                # PySpark's own classes of exceptions have lost those of the JVM.
                causes=f"{type(error).__name__}: {cause_chain(error)}"[:CAUSES_LIMIT_CHARACTERS],
                cancelled=statement.cancelled.is_set(),
            )
        finally:
            statement.ended.set()
            self._running.pop(statement.id, None)

    def _cancel(self, statement: Statement) -> None:
        while True:
            self._spark.sparkContext.cancelJobsWithTag(statement.tag)
            if statement.ended.wait(CANCEL_AGAIN_SECONDS):
                return


def main() -> int:
    catalog = json.loads(sys.argv[1])
    emit = event_writer(take_over_stdout())
    spark = None
    try:
        spark = start_session("tidewater-session", catalog, {})
        server = SessionServer(spark, catalog["name"], emit)
        emit("ready")
        for line in sys.stdin:
            server.take(json.loads(line))
        return EXIT_DONE
    except TidewaterError as error:
        emit("failed", **error.as_fields())
        return error.exit_code
    finally:
        end_session(spark)


if __name__ == "__main__":
    sys.exit(main())
