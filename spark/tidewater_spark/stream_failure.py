"""Tells why a streaming query failed."""

from __future__ import annotations

import re

from pyspark.sql import Column
from pyspark.sql import functions as F

from . import poison
from .avro_schema import compile_schema
from .errors import MESSAGE_LIMIT_CHARACTERS, TidewaterError, first_lines
from .kafka_failure import access_failure
from .kafka_source import read_one_value

_UNDECODABLE = re.compile(r"tidewater-undecodable-record partition=(\d+) offset=(\d+)")


def undecodable_marker() -> Column:
    """The message that ends a batch under onDecodeError fail. Coordinates alone: a payload has no place in
    logs.
    """
    return F.concat(
        F.lit("tidewater-undecodable-record partition="),
        F.col("partition").cast("string"),
        F.lit(" offset="),
        F.col("offset").cast("string"),
    )


def typed_failure(spark, job: dict, label: str, cause) -> TidewaterError:
    """The TidewaterError for what ended the query `label`: a Java exception, or one of Python's."""
    if isinstance(cause, TidewaterError):
        return cause
    messages = _messages(cause)
    chain = "\n".join(messages)
    undecodable = _UNDECODABLE.search(chain)
    if undecodable:
        return _undecodable(spark, job, int(undecodable.group(1)), int(undecodable.group(2)))
    topic = job["source"]["topic"]
    shown = _shown(messages)
    refused = access_failure(chain, f"reading topic {topic} in the query {label}", shown, {"query": label})
    if refused is not None:
        return refused
    if "UnknownTopicOrPartitionException" in chain:
        return TidewaterError(
            "topic-not-found",
            f"topic {topic} went away while the query {label} ran: {shown}",
            "Create the topic again.",
            {"query": label},
        )
    if any(sign in chain for sign in ("may have been lost", "OffsetOutOfRangeException", "was changed from")):
        return TidewaterError(
            "records-lost",
            f"offsets of topic {topic} that the query {label} has still to read are gone: {shown}",
            "Find out what was lost; then set failOnDataLoss to false to go on without it, or start with a new checkpoint.",
            {"query": label, "topic": topic},
        )
    return TidewaterError(
        "stream-failed",
        f"the query {label} failed: {shown}",
        "Remove the cause and start the job again with the same checkpoint: it goes on where it was.",
        {"query": label},
    )


def _undecodable(spark, job: dict, partition: int, offset: int) -> TidewaterError:
    topic, decoding = job["source"]["topic"], job["decoding"]
    try:
        node, _ = compile_schema(decoding["schema"])
        value = read_one_value(spark, job["source"], partition, offset)
        reason = poison.explain(node, value, decoding["maxValueBytes"], decoding["maxCollectionItems"])
    # The failure to report is the record's, whatever became of looking at it again.
    except Exception as error:
        reason = f"reading it again to find the reason failed: {type(error).__name__}: {first_lines(error)}"
    return TidewaterError(
        "undecodable-record",
        f"topic {topic}, partition {partition}, offset {offset}: {reason}",
        "Correct the producer or /decoding/schema; or set onDecodeError to dead-letter to set such records aside.",
        {"topic": topic, "partition": partition, "offset": offset, "reason": reason},
    )


def _messages(cause) -> list:
    messages = []
    if isinstance(cause, BaseException):
        messages.append(first_lines(cause))
        cause = getattr(cause, "java_exception", None) or getattr(cause, "_origin", None)
    while cause is not None and len(messages) < 20:
        messages.append(str(cause.toString()))
        cause = cause.getCause()
    return messages


def _shown(messages: list) -> str:
    """The innermost cause that says something, without the stack trace Spark puts into its messages."""
    for message in reversed(messages):
        text = message.split("\n\tat ")[0].split("Driver stacktrace")[0].strip()
        if ": " in text:
            return text[:MESSAGE_LIMIT_CHARACTERS]
    return messages[-1][:MESSAGE_LIMIT_CHARACTERS] if messages else "no reason given"
