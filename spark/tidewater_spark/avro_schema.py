"""Compiles an Avro schema into plain nodes that the poison walker can follow, refusing what Spark can't
decode. Pure.
"""

from __future__ import annotations

from typing import Any, Dict, Set, Tuple

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
NESTING_LIMIT = 64


class AvroSchemaError(ValueError):
    """pointer: JSON pointer inside the schema to what is wrong."""

    def __init__(self, pointer: str, message: str):
        super().__init__(f"{pointer}: {message}")
        self.pointer = pointer
        self.message = message


def compile_schema(schema: Any) -> Tuple[dict, Set[str]]:
    """Returns the schema's node tree and the full names of the types it defines.

    A node is {"kind": one of PRIMITIVES or record | enum | array | map | union | fixed, ...}: plain data, so
    that it can be sent to Spark's Python workers. Raises AvroSchemaError for what is no Avro schema, and for
    recursive types, which Spark refuses.
    """
    names: Dict[str, Any] = {}
    return _compile(schema, "", "", names, 0), set(names)


def _compile(schema: Any, pointer: str, namespace: str, names: Dict[str, Any], depth: int) -> dict:
    if depth > NESTING_LIMIT:
        raise AvroSchemaError(pointer, f"types nest deeper than {NESTING_LIMIT} levels")
    if isinstance(schema, str):
        return _reference(schema, pointer, namespace, names)
    if isinstance(schema, list):
        return _union(schema, pointer, namespace, names, depth)
    if not isinstance(schema, dict) or "type" not in schema:
        raise AvroSchemaError(
            pointer, f"{schema!r} is no Avro schema: expected a name, a list, or an object with `type`"
        )
    kind = schema["type"]
    if kind in ("record", "error"):
        return _record(schema, pointer, namespace, names, depth)
    if kind == "enum":
        symbols = schema.get("symbols")
        if (
            not isinstance(symbols, list)
            or not symbols
            or not all(isinstance(symbol, str) for symbol in symbols)
        ):
            raise AvroSchemaError(pointer + "/symbols", "an enum needs a list of symbols")
        return _define(schema, pointer, namespace, names, {"kind": "enum", "symbols": symbols})
    if kind == "fixed":
        size = schema.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise AvroSchemaError(pointer + "/size", f"a fixed needs a size in bytes, not {size!r}")
        return _define(schema, pointer, namespace, names, {"kind": "fixed", "size": size})
    if kind == "array":
        _need(schema, "items", pointer)
        return {
            "kind": "array",
            "items": _compile(schema["items"], pointer + "/items", namespace, names, depth + 1),
        }
    if kind == "map":
        _need(schema, "values", pointer)
        return {
            "kind": "map",
            "values": _compile(schema["values"], pointer + "/values", namespace, names, depth + 1),
        }
    return _compile(kind, pointer + "/type", namespace, names, depth + 1)


def _record(schema: dict, pointer: str, namespace: str, names: Dict[str, Any], depth: int) -> dict:
    full, inner_namespace = _full_name(schema, pointer, namespace)
    fields = schema.get("fields")
    if not isinstance(fields, list):
        raise AvroSchemaError(pointer + "/fields", "a record needs a list of fields")
    node: dict = {"kind": "record", "fields": []}
    _claim(full, None, pointer, names)
    seen = set()
    for index, field in enumerate(fields):
        here = f"{pointer}/fields/{index}"
        if not isinstance(field, dict) or not isinstance(field.get("name"), str) or "type" not in field:
            raise AvroSchemaError(here, "a field needs `name` and `type`")
        if field["name"] in seen:
            raise AvroSchemaError(here + "/name", f"the record has two fields {field['name']}")
        seen.add(field["name"])
        inner = _compile(field["type"], here + "/type", inner_namespace, names, depth + 1)
        node["fields"].append((field["name"], inner))
    names[full] = node
    return node


def _union(schema: list, pointer: str, namespace: str, names: Dict[str, Any], depth: int) -> dict:
    if not schema:
        raise AvroSchemaError(pointer, "a union needs at least one type")
    branches = [
        _compile(item, f"{pointer}/{index}", namespace, names, depth + 1) for index, item in enumerate(schema)
    ]
    return {"kind": "union", "branches": branches}


def _reference(name: str, pointer: str, namespace: str, names: Dict[str, Any]) -> dict:
    if name in PRIMITIVES:
        return {"kind": name}
    candidates = [name] if "." in name or not namespace else [f"{namespace}.{name}", name]
    for full in candidates:
        if full in names:
            if names[full] is None:
                raise AvroSchemaError(pointer, f"{full} contains itself; Spark can't decode recursive types")
            return names[full]
    raise AvroSchemaError(pointer, f"{name!r} is no Avro type and names none defined before it")


def _define(schema: dict, pointer: str, namespace: str, names: Dict[str, Any], node: dict) -> dict:
    full, _ = _full_name(schema, pointer, namespace)
    _claim(full, node, pointer, names)
    return node


def _claim(full: str, node: Any, pointer: str, names: Dict[str, Any]) -> None:
    if full in names:
        raise AvroSchemaError(pointer + "/name", f"{full} is defined twice")
    names[full] = node


def _full_name(schema: dict, pointer: str, namespace: str) -> Tuple[str, str]:
    name = schema.get("name")
    if not isinstance(name, str) or not name:
        raise AvroSchemaError(pointer + "/name", f"a {schema['type']} needs a name")
    if "." in name:
        return name, name.rsplit(".", 1)[0]
    own = schema.get("namespace", namespace)
    return (f"{own}.{name}" if own else name), own


def _need(schema: dict, key: str, pointer: str) -> None:
    if key not in schema:
        raise AvroSchemaError(pointer, f"a {schema['type']} needs `{key}`")
