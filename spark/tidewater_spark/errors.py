"""The one error the entry points report; everything a user can cause has a code here."""

from __future__ import annotations

from typing import Optional

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_BAD_DOCUMENT = 2

# Closed on purpose: callers switch over it, so a new code is a change of the contract.
CODES = frozenset(
    {
        "bad-document",
        "session-failed",
        "jvm-lost",
        "broker-unreachable",
        "tls-mismatch",
        "tls-untrusted",
        "trust-store-unreadable",
        "region-unknown",
        "region-mismatch",
        "credentials-unavailable",
        "authentication-failed",
        "session-too-short",
        "too-many-connections",
        "authorization-failed",
        "topic-not-found",
        "partition-not-found",
        "checkpoint-not-writable",
        "decoding-changed",
        "warehouse-not-writable",
        "table-in-use",
        "table-not-created",
        "table-not-found",
        "table-incompatible",
        "undecodable-record",
        "records-lost",
        "stream-failed",
        "retention-conflict",
        "rewrite-achieved-nothing",
        "operation-failed",
        "not-a-read",
        "query-failed",
        "too-many-rows",
        "internal",
    }
)


class TidewaterError(Exception):
    """A failure with a code, what happened, and what to do about it.

    code: one of CODES. message: names the subject and the value. remedy: the next step of the reader.
    details: further JSON-ready fields of the event that reports the error.
    """

    def __init__(self, code: str, message: str, remedy: str, details: Optional[dict] = None):
        if code not in CODES:
            raise ValueError(f"unknown error code {code!r}")
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.details = details or {}

    @property
    def exit_code(self) -> int:
        return EXIT_BAD_DOCUMENT if self.code == "bad-document" else EXIT_FAILED

    def as_fields(self) -> dict:
        return {"code": self.code, "message": self.message, "remedy": self.remedy, **self.details}


MESSAGE_LIMIT_CHARACTERS = 2000


def first_lines(error: object) -> str:
    """The part of a Spark or Py4J error that says what happened, without the stack traces behind it."""
    java_exception = getattr(error, "java_exception", None)
    text = str(
        java_exception.toString() if java_exception is not None else getattr(error, "desc", None) or error
    )
    kept = []
    for line in text.splitlines():
        if line.startswith(("\tat ", "JVM stacktrace:", "=== ", "Driver stacktrace:")):
            break
        if line.strip():
            kept.append(line.strip())
    return " ".join(kept)[:MESSAGE_LIMIT_CHARACTERS]


def cause_chain(error: object) -> str:
    """Class names and messages of an error and its causes, for telling kinds of failure apart."""
    parts = [str(error), str(getattr(error, "desc", ""))]
    cause = getattr(error, "java_exception", None)
    for _ in range(20):
        if cause is None:
            break
        parts.append(str(cause.toString()))
        cause = cause.getCause()
    return "\n".join(parts)
