"""Turns Spark's rows into JSON that JavaScript reads without loss.

64-bit integers and decimals become strings, since JSON.parse makes doubles of them; binary becomes base64,
timestamps ISO 8601 in UTC, NaN and the infinities strings.
"""

from __future__ import annotations

import base64
import math
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

from pyspark.sql.types import (
    ArrayType,
    DataType,
    DecimalType,
    LongType,
    MapType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
)


def json_row(row, schema: StructType) -> dict:
    """One row as an object, by column name."""
    return {field.name: json_value(row[index], field.dataType) for index, field in enumerate(schema)}


def json_value(value: Any, data_type: DataType) -> Any:
    if value is None:
        return None
    if isinstance(data_type, (LongType, DecimalType)):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(data_type, StructType):
        return json_row(value, data_type)
    if isinstance(data_type, ArrayType):
        return [json_value(item, data_type.elementType) for item in value]
    if isinstance(data_type, MapType):
        return _map(value, data_type)
    if isinstance(data_type, TimestampType):
        # PySpark hands out local time without a zone.
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(data_type, TimestampNTZType):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def _map(value: dict, data_type: MapType) -> Any:
    if isinstance(data_type.keyType, StringType):
        return {key: json_value(item, data_type.valueType) for key, item in value.items()}
    return [
        {"key": json_value(key, data_type.keyType), "value": json_value(item, data_type.valueType)}
        for key, item in value.items()
    ]
