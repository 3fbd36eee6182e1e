"""Makes sure a table is there and fits, in the catalog."""

from __future__ import annotations

from typing import Dict, List

from pyspark.sql.types import StructType

from .errors import TidewaterError, first_lines
from .iceberg_ddl import check_columns, create_table_sql, quoted_namespace, quoted_table


def ensure_table(
    spark,
    catalog: str,
    namespace: str,
    name: str,
    columns: StructType,
    partition_by: List[dict],
    properties: Dict[str, str],
) -> dict:
    """Creates namespace and table when absent, and checks the columns of a table that is there.

    Returns {"created": bool, "columns": StructType of the table}. Raises TidewaterError table-not-created or
    table-incompatible.
    """
    table = quoted_table(catalog, namespace, name)
    label = f"{catalog}.{namespace}.{name}"
    try:
        created = not spark.catalog.tableExists(table)
        if created:
            spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {quoted_namespace(catalog, namespace)}").collect()
            spark.sql(create_table_sql(table, columns, partition_by, properties)).collect()
        existing = spark.table(table).schema
    except Exception as error:
        raise TidewaterError(
            "table-not-created",
            f"table {label} can't be opened or created: {first_lines(error)}",
            "Check that the warehouse exists or can be created and is writable, and that Iceberg has the column types.",
            {"table": label},
        ) from error
    check_columns(label, columns, existing)
    return {"created": created, "columns": existing}
