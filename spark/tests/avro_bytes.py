"""Writes Avro's binary encoding by hand, so that tests can also write it wrongly."""

from __future__ import annotations

import struct


def varint(number: int) -> bytes:
    zigzag = (number << 1) ^ (number >> 63)
    out = bytearray()
    while zigzag > 0x7F:
        out.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    out.append(zigzag)
    return bytes(out)


def text(value: str) -> bytes:
    data = value.encode()
    return varint(len(data)) + data


def double(value: float) -> bytes:
    return struct.pack("<d", value)


def event(number: int, name: str = "", note=None) -> bytes:
    """A record of conftest.EVENT_SCHEMA."""
    return (
        varint(number)
        + text(name or f"event {number}")
        + (varint(0) if note is None else varint(1) + text(note))
    )
