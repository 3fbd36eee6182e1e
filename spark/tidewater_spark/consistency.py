"""Rules of the documents that JSON Schema can't state: between fields, and against the clock. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Optional

from .avro_schema import AvroSchemaError, compile_schema
from .errors import TidewaterError
from .kafka_auth import MIN_RECONNECT_BACKOFF_MS, MSK_IAM

KAFKA_METADATA_COLUMNS = ("_kafka_partition", "_kafka_offset", "_kafka_timestamp")
# Iceberg's own limit; a file of a commit under way is an orphan until the commit, and looks like one
# meanwhile.
ORPHAN_MIN_AGE_SECONDS = 24 * 3600

# What Iceberg's GlueCatalog accepts (IcebergToGlueConverter).
_GLUE_NAME = re.compile("[a-z0-9_]{1,252}")


def check_job(job: dict) -> None:
    """Raises TidewaterError bad-document for the first rule the job breaks."""
    schema = job["decoding"]["schema"]
    try:
        compile_schema(schema)
    except AvroSchemaError as error:
        raise _bad(
            "/decoding/schema" + error.pointer,
            error.message,
            "Give the Avro schema the records were written with.",
        ) from None
    _check_reconnects(job["source"])
    for pointer, target in (("/table", job["table"]), ("/decoding/deadLetterTable", job["decoding"]["deadLetterTable"])):
        _check_names(pointer, job["table"]["catalog"], target)
    fields = [field["name"] for field in schema["fields"]]
    _check_columns(job, fields)
    table, dead_letters = job["table"], job["decoding"]["deadLetterTable"]
    if (table["namespace"], table["name"]) == (dead_letters["namespace"], dead_letters["name"]):
        raise _bad(
            "/decoding/deadLetterTable",
            f"{dead_letters['namespace']}.{dead_letters['name']} is the table of the decoded records",
            "Give the dead letters a table of their own.",
        )
    marker = job["stop"].get("markerLocation")
    if marker is not None and _is_under(marker, job["checkpointLocation"]):
        raise _bad(
            "/stop/markerLocation",
            f"{marker} lies in the checkpoint {job['checkpointLocation']}",
            "Put the marker outside the checkpoint, whose files Spark owns.",
        )


def _check_reconnects(source: dict) -> None:
    wait = source["kafkaOptions"].get("kafka.reconnect.backoff.ms")
    if source["auth"]["type"] != MSK_IAM or wait is None:
        return
    if not (wait.isascii() and wait.isdigit() and int(wait) >= MIN_RECONNECT_BACKOFF_MS):
        raise _bad(
            "/source/kafkaOptions/kafka.reconnect.backoff.ms",
            f"{wait} is no number of milliseconds from {MIN_RECONNECT_BACKOFF_MS} on; MSK refuses clients that connect "
            "too often",
            f"Leave it out, which means {MIN_RECONNECT_BACKOFF_MS}, or raise it.",
        )


def _check_columns(job: dict, fields: list) -> None:
    # Spark resolves names without regard to case, so two that differ in case alone can't be told apart in the
    # table.
    seen: dict = {}
    for index, name in enumerate(fields):
        if name.lower() in seen:
            raise _bad(
                f"/decoding/schema/fields/{index}/name",
                f"{name} and {seen[name.lower()]} differ in case alone and would be one column",
                "Rename one of the two fields.",
            )
        seen[name.lower()] = name
    columns = set(fields)
    if job["table"]["kafkaMetadataColumns"]:
        for name in KAFKA_METADATA_COLUMNS:
            if name in seen:
                raise _bad(
                    "/table/kafkaMetadataColumns",
                    f"the schema has a field {seen[name]} and the job would add a column of that name",
                    "Set kafkaMetadataColumns to false or rename the field.",
                )
        columns.update(KAFKA_METADATA_COLUMNS)
    for index, part in enumerate(job["table"]["partitionBy"]):
        if part["column"] not in columns:
            raise _bad(
                f"/table/partitionBy/{index}/column",
                f"{part['column']} is no column of the table (columns: {', '.join(sorted(columns))})",
                "Name a top-level field of the Avro schema or a Kafka metadata column.",
            )


def _check_names(pointer: str, catalog: dict, target: dict) -> None:
    if catalog["type"] != "glue":
        return
    for key in ("namespace", "name"):
        if not _GLUE_NAME.fullmatch(target[key]):
            raise _bad(
                f"{pointer}/{key}",
                f"{target[key]} is no name in the Glue Data Catalog, which has one level of databases and no capitals",
                "Use lower-case letters, digits and underscores.",
            )


def check_maintenance(plan: dict, now_seconds: float) -> None:
    """Raises TidewaterError bad-document for the first rule the plan breaks. now_seconds: Unix seconds."""
    _check_names("/table", plan["table"]["catalog"], plan["table"])
    for index, operation in enumerate(plan["operations"]):
        pointer = f"/operations/{index}"
        if "olderThan" in operation:
            age = now_seconds - _instant_seconds(operation["olderThan"], pointer + "/olderThan")
            if operation["operation"] == "remove_orphan_files" and age < ORPHAN_MIN_AGE_SECONDS:
                raise _bad(
                    pointer + "/olderThan",
                    f"{operation['olderThan']} is {age / 3600:.1f} hours ago; remove_orphan_files needs at least "
                    f"{ORPHAN_MIN_AGE_SECONDS // 3600} hours, or it removes files of commits under way",
                    "Give an instant at least 24 hours back; 3 days are usual.",
                )
        if operation["operation"] == "rewrite_data_files" and "sortOrder" in operation:
            if operation.get("strategy") != "sort":
                raise _bad(
                    pointer + "/sortOrder",
                    "a sort order has no effect under the strategy binpack",
                    "Set strategy to sort, or leave sortOrder out.",
                )


def check_queries(document: dict) -> None:
    """Raises TidewaterError bad-document when two queries share an id."""
    seen = set()
    for index, query in enumerate(document["queries"]):
        if query["id"] in seen:
            raise _bad(
                f"/queries/{index}/id",
                f"{query['id']} names two queries",
                "Give each query an id of its own.",
            )
        seen.add(query["id"])


def _instant_seconds(text: str, pointer: str) -> float:
    shape = "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    try:
        return datetime.strptime(text, shape).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise _bad(
            pointer, f"{text} is no instant that exists", "Write it as 2026-01-31T12:00:00Z."
        ) from None


def _is_under(location: str, folder: str) -> bool:
    base = folder.rstrip("/")
    return location == base or location.startswith(base + "/")


def _bad(pointer: str, message: str, remedy: str, details: Optional[dict] = None) -> TidewaterError:
    return TidewaterError(
        "bad-document", f"{pointer}: {message}", remedy, {"path": pointer, **(details or {})}
    )
