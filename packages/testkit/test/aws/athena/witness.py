"""Drives Athena as a program on boto3 would; prints one JSON document of what it saw."""

import json
import time
import uuid

import boto3
from botocore.exceptions import ClientError

athena = boto3.client("athena")


def start(sql, token):
    return athena.start_query_execution(
        QueryString=sql,
        ClientRequestToken=token,
        QueryExecutionContext={"Database": "web"},
        ResultConfiguration={"OutputLocation": "s3://tidewater/boto3/"},
    )["QueryExecutionId"]


def ended(query):
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return execution
        time.sleep(0.05)


def refusal(call):
    try:
        call()
    except ClientError as error:
        return error.response


token = str(uuid.uuid4())
query = start("SELECT id FROM clicks ORDER BY 1", token)
execution = ended(query)
pages = list(
    athena.get_paginator("get_query_results").paginate(QueryExecutionId=query, PaginationConfig={"PageSize": 2})
)
failed = ended(start("SELECT missing FROM clicks", str(uuid.uuid4())))["Status"]

print(
    json.dumps(
        {
            "pages": [len(page["ResultSet"]["Rows"]) for page in pages],
            "type": pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][0]["Type"],
            "same": start("SELECT id FROM clicks ORDER BY 1", token) == query,
            "changed": refusal(lambda: start("SELECT 1", token))["AthenaErrorCode"],
            "failed": [
                failed["AthenaError"]["ErrorCategory"],
                failed["StateChangeReason"].startswith("COLUMN_NOT_FOUND"),
            ],
            "year": execution["Status"]["CompletionDateTime"].year > 2020,
            "workgroups": [one["Name"] for one in athena.list_work_groups()["WorkGroups"]],
            "unknown": refusal(lambda: athena.get_query_execution(QueryExecutionId="none"))["Error"]["Code"],
        }
    )
)
