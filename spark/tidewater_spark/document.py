"""Loads a JSON document and validates it once: against its JSON Schema, then for rules that span fields."""

from __future__ import annotations

import json
import os
import re
from functools import lru_cache
from typing import Any, Callable

import fastjsonschema

from .consistency import check_job, check_maintenance, check_queries
from .errors import TidewaterError

SCHEMA_FILES = {
    "job": "job.schema.json",
    "maintenance": "maintenance.schema.json",
    "queries": "queries.schema.json",
}
DEFAULT_TRIGGER_INTERVAL_SECONDS = 60
VALUE_LIMIT_CHARACTERS = 120


def read_file(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def load(kind: str, path: str, now_seconds: float, read: Callable[[str], str] = read_file) -> dict:
    """Reads the file and returns the validated document with its defaults filled in.

    kind: job, maintenance or queries. now_seconds: the clock, in Unix seconds, that ages in a plan are
    checked against. read: gives the text at the path. Raises TidewaterError bad-document, whose message names path,
    value, limit and remedy.
    """
    try:
        document = json.loads(read(path))
    except OSError as error:
        raise TidewaterError(
            "bad-document",
            f"{path}: cannot be read: {error.strerror}",
            "Give the path of a readable JSON file.",
        ) from error
    except ValueError as error:
        raise TidewaterError(
            "bad-document", f"{path}: is not JSON: {error}", "Write the document as JSON in UTF-8."
        ) from error
    return validate(kind, document, now_seconds)


def validate(kind: str, document: Any, now_seconds: float) -> dict:
    """Validates a parsed document and returns it, as a new object, with its defaults filled in."""
    filled = json.loads(json.dumps(document))
    schema = schema_of(kind)
    try:
        _validator(kind)(filled)
    except fastjsonschema.JsonSchemaValueException as error:
        raise _schema_error(schema, error, filled) from None
    if kind == "job":
        _fill_job_defaults(filled)
        check_job(filled)
    elif kind == "maintenance":
        _fill_maintenance_defaults(filled)
        check_maintenance(filled, now_seconds)
    else:
        check_queries(filled)
    return filled


@lru_cache(maxsize=None)
def schema_of(kind: str) -> dict:
    """The JSON Schema of a kind of document, read beside the package: also when both lie in a zip given to
    --py-files.
    """
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return json.loads(__loader__.get_data(os.path.join(root, SCHEMA_FILES[kind])))  # type: ignore[name-defined]


@lru_cache(maxsize=None)
def _validator(kind: str) -> Callable[[Any], Any]:
    return fastjsonschema.compile(schema_of(kind))


# Defaults inside oneOf are no `default` in the schema: validators either ignore them there or fill them in
# from a branch that does not apply.
def _fill_job_defaults(job: dict) -> None:
    if job["trigger"]["type"] == "processingTime":
        job["trigger"].setdefault("intervalSeconds", DEFAULT_TRIGGER_INTERVAL_SECONDS)
    table = job["table"]
    job["decoding"].setdefault(
        "deadLetterTable", {"namespace": table["namespace"], "name": table["name"] + "_dead_letters"}
    )


def _fill_maintenance_defaults(plan: dict) -> None:
    for operation in plan["operations"]:
        if operation["operation"] == "expire_snapshots":
            operation.setdefault("retainLast", 1)
        elif operation["operation"] == "rewrite_manifests":
            operation.setdefault("useCaching", False)
        elif operation["operation"] == "remove_orphan_files":
            operation.setdefault("dryRun", True)


def _schema_error(
    schema: dict, error: fastjsonschema.JsonSchemaValueException, document: Any
) -> TidewaterError:
    parent = _pointer(document, error.path[1:])
    error, tail = _inside_the_branch_meant(schema, error)
    pointer = parent + tail
    limit = _limit(error)
    description = (error.definition or {}).get("description") if isinstance(error.definition, dict) else None
    remedy = f"Correct {pointer or 'the document'}" + (f": {description}" if description else ".")
    # A wrong secret is a secret still: somebody may have put a password where its file belongs.
    show = _kind if _SECRET_NAME.search(pointer) else _SHOWN_BY_RULE.get(error.rule, _value)
    shown = show(error)
    return TidewaterError(
        "bad-document",
        f"{pointer or '/'}: {shown} {limit}",
        remedy,
        {"path": pointer},
    )


def _inside_the_branch_meant(schema: dict, error: fastjsonschema.JsonSchemaValueException):
    """For a oneOf, validates the branch whose `type`, `operation` or `transform` the value names, for an
    error one can act on.
    """
    if error.rule != "oneOf" or not isinstance(error.value, dict):
        return error, ""
    for branch in error.rule_definition:
        definition = _resolved(schema, branch)
        if definition.get("type") != "object":
            continue
        properties = definition.get("properties", {})
        tags = [key for key in ("operation", "transform", "type") if "enum" in properties.get(key, {})]
        if all(error.value.get(tag) in properties[tag]["enum"] for tag in tags):
            try:
                fastjsonschema.compile({**definition, "definitions": schema.get("definitions", {})})(
                    dict(error.value)
                )
            except fastjsonschema.JsonSchemaValueException as inner:
                innermost, tail = _inside_the_branch_meant(schema, inner)
                return innermost, _pointer(error.value, inner.path[1:]) + tail
    return error, ""


def _resolved(schema: dict, definition: dict) -> dict:
    reference = definition.get("$ref")
    return schema["definitions"][reference.rsplit("/", 1)[1]] if reference else definition


def _limit(error: fastjsonschema.JsonSchemaValueException) -> str:
    rule, limit = error.rule, error.rule_definition
    if rule == "required":
        missing = [name for name in limit if name not in error.value]
        return f"lacks the required field {', '.join(missing)}"
    if rule == "additionalProperties":
        known = set((error.definition or {}).get("properties", {}))
        unknown = sorted(set(error.value) - known)
        return f"has the unknown field {', '.join(unknown)} (known: {', '.join(sorted(known))})"
    if rule == "enum":
        return f"must be one of {', '.join(json.dumps(value) for value in limit)}"
    if rule == "pattern":
        return f"must match {limit}"
    if rule == "propertyNames":
        return f"is no field name allowed here: each must satisfy {json.dumps(limit)}"
    if rule == "oneOf":
        return "fits none of the forms allowed here: " + ", ".join(_form(branch) for branch in limit)
    if rule == "type":
        return f"must be of type {limit}"
    if rule == "dependencies":
        return _broken_dependencies(limit, error.value)
    if rule == "not" and limit == {}:
        return "is not allowed here"
    if rule in ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties"):
        return f"is out of bounds: {rule} is {limit}"
    return f"breaks the rule {rule}: {json.dumps(limit)}"


def _broken_dependencies(limit: dict, value: dict) -> str:
    lacking = [
        f"{name} without {needed}"
        for name, needs in limit.items()
        for needed in needs
        if name in value and isinstance(needs, list) and needed not in value
    ]
    return f"has {', '.join(lacking)}"


def _form(branch: dict) -> str:
    return branch.get("title") or branch.get("$ref", "").rsplit("/", 1)[-1] or json.dumps(branch)


def _shown(value: Any) -> str:
    """A value as a message may have it: of an object its keys alone, since a value under a refused key may be a
    password.
    """
    if isinstance(value, dict):
        return _clipped(f"an object with the keys {', '.join(value)}" if value else "an object without keys")
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return _clipped(json.dumps(value, ensure_ascii=False))


def _refused_names(error: fastjsonschema.JsonSchemaValueException) -> str:
    allowed = fastjsonschema.compile(error.rule_definition)

    def refused(name: str) -> bool:
        try:
            allowed(name)
            return False
        except fastjsonschema.JsonSchemaValueException:
            return True

    return _clipped(", ".join(filter(refused, error.value)))


def _kind(error: fastjsonschema.JsonSchemaValueException) -> str:
    """Of a value of a wrong type its type alone: it may stand under a key that is not allowed either, which the
    validator would have found next.
    """
    value = error.value
    if isinstance(value, (dict, list)):
        return _shown(value)
    if isinstance(value, str):
        return "a string"
    return _shown(value) if value is None or isinstance(value, bool) else "a number"


def _value(error: fastjsonschema.JsonSchemaValueException) -> str:
    return _shown(error.value)


_SECRET_NAME = re.compile(r"(?i)(secret|password|token|credential)[^/]*$")
_SHOWN_BY_RULE = {"propertyNames": _refused_names, "type": _kind}


def _clipped(text: str) -> str:
    return text if len(text) <= VALUE_LIMIT_CHARACTERS else text[:VALUE_LIMIT_CHARACTERS] + "…"


def _pointer(document: Any, segments: list) -> str:
    """JSON pointer from the validator's path, whose segments are split at dots also inside keys such as
    `kafka.client.id`.
    """
    pointer, here, rest = "", document, list(segments)
    while rest:
        taken = 1
        if isinstance(here, dict):
            lengths = [n for n in range(1, len(rest) + 1) if ".".join(rest[:n]) in here]
            taken = lengths[0] if lengths else 1
        key = ".".join(rest[:taken])
        rest = rest[taken:]
        pointer += "/" + key.replace("~", "~0").replace("/", "~1")
        if isinstance(here, dict):
            here = here.get(key)
        elif isinstance(here, list) and key.isdigit() and int(key) < len(here):
            here = here[int(key)]
        else:
            here = None
    return pointer
