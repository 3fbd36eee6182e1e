"""Explains why a Kafka value is not exactly one record of the schema.

Runs only on records the decoder has refused, inside Spark's Python workers: the standard library alone, and
no error of its own may escape, because an explanation is never worth a failed batch.
"""

from __future__ import annotations

from typing import Optional

TOMBSTONE = "null value (tombstone)"
UNEXPLAINED = "the decoder refused the value although its bytes follow the schema: a value is outside what its logical type allows"
MAX_VARINT_BYTES = {"int": 5, "long": 10}


class _Fault(Exception):
    pass


def explain(node: dict, payload: Optional[bytes], max_value_bytes: int, max_collection_items: int) -> str:
    """Says where the bytes stop making sense: byte position, field, reason.

    node: the schema as avro_schema.compile_schema returns it. payload: the Kafka value, None for a tombstone.
    max_value_bytes, max_collection_items: the decoder's limits, in bytes and items.
    """
    if payload is None:
        return TOMBSTONE
    walker = _Walker(bytes(payload), max_value_bytes, max_collection_items)
    try:
        walker.walk(node, "")
    except _Fault as fault:
        return str(fault)
    except Exception as error:  # a fault of this walker: the dead letter still lands, and says so
        return f"the decoder refused the value; looking for the place failed with {type(error).__name__}"
    rest = len(walker.data) - walker.at
    if rest:
        return f"byte {walker.at}: {_count(rest, 'byte')} left over after the end of the record"
    return UNEXPLAINED


class _Walker:
    def __init__(self, data: bytes, max_value_bytes: int, max_collection_items: int):
        self.data = data
        self.at = 0
        self.max_value_bytes = max_value_bytes
        self.max_collection_items = max_collection_items

    def walk(self, node: dict, field: str) -> None:
        kind = node["kind"]
        if kind == "record":
            for name, inner in node["fields"]:
                self.walk(inner, f"{field}.{name}" if field else name)
        elif kind in ("int", "long"):
            self.varint(kind, field)
        elif kind in ("string", "bytes"):
            self.sized(kind, field)
        elif kind == "union":
            self.walk(node["branches"][self.index("union branch", len(node["branches"]), field)], field)
        elif kind == "enum":
            self.index("enum symbol", len(node["symbols"]), field)
        elif kind == "array":
            self.blocks(field, lambda: self.walk(node["items"], field + "[]"))
        elif kind == "map":
            self.blocks(field, lambda: self.entry(node["values"], field))
        elif kind != "null":
            self.skip(
                {"boolean": 1, "float": 4, "double": 8, "fixed": node.get("size", 0)}[kind], kind, field
            )

    def entry(self, values: dict, field: str) -> None:
        self.sized("string", field + "{key}")
        self.walk(values, field + "{}")

    def varint(self, kind: str, field: str) -> int:
        start, shift, value = self.at, 0, 0
        while True:
            if self.at >= len(self.data):
                raise self.fault(
                    start, field, f"the value ends inside {'an' if kind == 'int' else 'a'} {kind}"
                )
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
            if self.at - start >= MAX_VARINT_BYTES[kind]:
                raise self.fault(start, field, f"{kind} of more than {MAX_VARINT_BYTES[kind]} bytes")
        value &= (1 << (32 if kind == "int" else 64)) - 1
        return (value >> 1) ^ -(value & 1)

    def index(self, what: str, count: int, field: str) -> int:
        start = self.at
        index = self.varint("int", field)
        if not 0 <= index < count:
            raise self.fault(start, field, f"{what} {index} of {count}")
        return index

    def sized(self, kind: str, field: str) -> None:
        start = self.at
        length = self.varint("long", field)
        if length < 0:
            raise self.fault(start, field, f"{kind} of negative length {length}")
        if length > self.max_value_bytes:
            raise self.fault(
                start, field, f"{kind} of {length} bytes, over the limit of {self.max_value_bytes} bytes"
            )
        self.skip(length, kind, field)

    def blocks(self, field: str, item) -> None:
        total = 0
        while True:
            start = self.at
            count = self.varint("long", field)
            if count == 0:
                return
            if count < 0:
                count = -count
                self.varint("long", field)
            total += count
            if total > self.max_collection_items:
                raise self.fault(
                    start, field, f"{total} items, over the limit of {self.max_collection_items} items"
                )
            for _ in range(count):
                before = self.at
                item()
                if self.at == before:
                    break  # items without bytes: the rest of the block are the same, and a corrupt count can be millions

    def skip(self, size: int, kind: str, field: str) -> None:
        left = len(self.data) - self.at
        if size > left:
            raise self.fault(
                self.at, field, f"{kind} of {_count(size, 'byte')}, but {_count(left, 'byte')} left"
            )
        self.at += size

    def fault(self, at: int, field: str, reason: str) -> _Fault:
        where = f"byte {at} of {len(self.data)}"
        return _Fault(f"{where}, field {field}: {reason}" if field else f"{where}: {reason}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
