"""Reports what pyiceberg, which shares no code with Iceberg's Java library, finds in tables.

    python pyiceberg_tables.py '{"name": "…/metadata/v3.metadata.json"}'

Prints an object by table name. 64-bit integers are strings, because JSON.parse would round them.
"""

import json
import sys

from pyiceberg.table import StaticTable

CONTENTS = ["data", "position-deletes", "equality-deletes"]


def report(location):
    table = StaticTable.from_metadata(location)
    inspect = table.inspect
    if table.current_snapshot() is None:
        return {"files": [], "manifests": [], "partitions": [], **history(table)}
    files = [
        {
            "content": CONTENTS[row["content"]],
            "bytes": row["file_size_in_bytes"],
            "records": row["record_count"],
        }
        for row in inspect.files().to_pylist()
    ]
    manifests = [
        {"content": CONTENTS[row["content"]], "bytes": row["length"]}
        for row in inspect.manifests().to_pylist()
    ]
    partitions = [
        {
            # An unpartitioned table has no such column.
            "specId": row.get("spec_id", table.spec().spec_id),
            "files": row["file_count"],
            "bytes": row["total_data_file_size_in_bytes"],
            "records": row["record_count"],
            "deleteFiles": row["position_delete_file_count"] + row["equality_delete_file_count"],
        }
        for row in inspect.partitions().to_pylist()
    ]
    return {"files": files, "manifests": manifests, "partitions": partitions, **history(table)}


def history(table):
    inspect = table.inspect
    return {
        "formatVersion": table.metadata.format_version,
        "snapshots": [str(row["snapshot_id"]) for row in inspect.snapshots().to_pylist()],
        "refs": [
            {"name": row["name"], "type": row["type"].lower(), "snapshotId": str(row["snapshot_id"])}
            for row in inspect.refs().to_pylist()
        ],
        "previousFiles": len(inspect.metadata_log_entries()) - 1,
    }


print(json.dumps({name: report(location) for name, location in json.loads(sys.argv[1]).items()}))
