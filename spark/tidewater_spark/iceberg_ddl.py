"""SQL text and column comparison for Iceberg tables. Pure."""

from __future__ import annotations

from typing import Dict, List, Optional

from pyspark.sql.types import ArrayType, DataType, MapType, StructField, StructType

from .errors import TidewaterError

# Sources: dict-size, measured on Spark 3.5.7 and Iceberg 1.10.1 (17 string and long columns): Parquet writing
# takes 2.41 µs a record instead of 4.15, for 26.5 bytes a record instead of 24.2. Metadata: every micro-batch
# writes a metadata file, and a table that kept them all grew to 1.7 TB of metadata for 309 MB of data; 100 is
# Iceberg's own number, but only deletes when asked to.
DEFAULT_PROPERTIES = {
    "write.parquet.dict-size-bytes": "16384",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "100",
}


def quoted(name: str) -> str:
    """An identifier in Spark SQL."""
    return "`" + name.replace("`", "``") + "`"


def quoted_namespace(catalog: str, namespace: str) -> str:
    return ".".join(quoted(part) for part in [catalog, *namespace.split(".")])


def quoted_table(catalog: str, namespace: str, name: str) -> str:
    return f"{quoted_namespace(catalog, namespace)}.{quoted(name)}"


def literal(text: str) -> str:
    """A string literal in Spark SQL, whose parser takes the backslash for an escape."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def create_table_sql(
    table: str, columns: StructType, partition_by: List[dict], properties: Dict[str, str]
) -> str:
    """CREATE TABLE IF NOT EXISTS. table: a quoted name. Nested fields keep their NOT NULL; elements of
    arrays and maps can't.
    """
    lines = ",\n  ".join(_column(field) for field in columns)
    sql = f"CREATE TABLE IF NOT EXISTS {table} (\n  {lines}\n) USING iceberg"
    if partition_by:
        sql += f"\nPARTITIONED BY ({', '.join(_transform(part) for part in partition_by)})"
    pairs = ", ".join(f"{literal(key)} = {literal(value)}" for key, value in sorted(properties.items()))
    return f"{sql}\nTBLPROPERTIES ({pairs})"


def _column(field: StructField) -> str:
    return f"{quoted(field.name)} {_type(field.dataType)}{'' if field.nullable else ' NOT NULL'}"


def _type(data_type: DataType) -> str:
    if isinstance(data_type, StructType):
        inner = ", ".join(
            f"{quoted(field.name)}: {_type(field.dataType)}{'' if field.nullable else ' NOT NULL'}"
            for field in data_type
        )
        return f"STRUCT<{inner}>"
    if isinstance(data_type, ArrayType):
        return f"ARRAY<{_type(data_type.elementType)}>"
    if isinstance(data_type, MapType):
        return f"MAP<{_type(data_type.keyType)}, {_type(data_type.valueType)}>"
    return data_type.simpleString()


def _transform(part: dict) -> str:
    column, transform = quoted(part["column"]), part["transform"]
    if transform == "identity":
        return column
    if transform == "bucket":
        return f"bucket({part['buckets']}, {column})"
    if transform == "truncate":
        return f"truncate({part['width']}, {column})"
    return f"{transform}s({column})"


def check_columns(table: str, wanted: StructType, existing: StructType) -> None:
    """Raises TidewaterError table-incompatible for the first column that keeps `wanted` rows from being
    appended.
    """
    by_name = {field.name: field for field in existing}
    for field in wanted:
        found = by_name.get(field.name)
        if found is None:
            raise _incompatible(table, field.name, f"{_type(field.dataType)}", "no such column")
        expected_type, found_type = without_nullability(field.dataType), without_nullability(found.dataType)
        if expected_type != found_type:
            raise _incompatible(table, field.name, expected_type.simpleString(), found_type.simpleString())
        if field.nullable and not found.nullable:
            raise _incompatible(table, field.name, "a column that may be null", "NOT NULL")
    names = {field.name for field in wanted}
    for field in existing:
        if field.name not in names and not field.nullable:
            raise _incompatible(table, field.name, "no such column, or one that may be null", "NOT NULL")


def without_nullability(data_type: DataType) -> DataType:
    """The type with everything nullable, so that two types compare by shape alone."""
    if isinstance(data_type, StructType):
        return StructType(
            [StructField(field.name, without_nullability(field.dataType), True) for field in data_type]
        )
    if isinstance(data_type, ArrayType):
        return ArrayType(without_nullability(data_type.elementType), True)
    if isinstance(data_type, MapType):
        return MapType(without_nullability(data_type.keyType), without_nullability(data_type.valueType), True)
    return data_type


def _incompatible(
    table: str, column: str, expected: str, found: str, remedy: Optional[str] = None
) -> TidewaterError:
    return TidewaterError(
        "table-incompatible",
        f"table {table}, column {column}: the job writes {expected}, the table has {found}",
        remedy or "Change the table with ALTER TABLE, correct /decoding/schema, or name another table.",
        {"table": table, "column": column, "expected": expected, "found": found},
    )
