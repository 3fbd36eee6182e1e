"""The documents' rules. TypeScript checks tests/documents/valid and tests/documents/invalid against the
same schema files.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import NOW_SECONDS

from tidewater_spark.document import load, schema_of, validate
from tidewater_spark.errors import TidewaterError
from tidewater_spark.session import catalog_conf

DOCUMENTS = Path(__file__).parent / "documents"


def files(folder: str) -> list:
    found = sorted((DOCUMENTS / folder).glob("*.json"))
    assert found, f"no documents in {folder}"
    return [pytest.param(path, id=path.stem) for path in found]


def kind(path: Path) -> str:
    return path.stem.split("-")[0]


@pytest.mark.parametrize("path", files("valid"))
def test_valid_documents_pass(path):
    document = load(kind(path), str(path), NOW_SECONDS)
    assert validate(kind(path), document, NOW_SECONDS) == document, "filled defaults are valid themselves"


@pytest.mark.parametrize("path", files("invalid") + files("inconsistent"))
def test_invalid_documents_name_the_place(path):
    case = json.loads(path.read_text())
    with pytest.raises(TidewaterError) as caught:
        validate(kind(path), case["document"], NOW_SECONDS)
    error = caught.value
    assert (error.code, error.exit_code, error.details["path"]) == (
        "bad-document",
        2,
        case["path"],
    ), error.message
    assert error.message.startswith((case["path"] or "/") + ": ") and error.remedy


def test_defaults_are_filled_in():
    document = load("job", str(DOCUMENTS / "valid/job-minimal.json"), NOW_SECONDS)
    assert document["source"]["startingOffsets"] == "earliest"
    assert document["source"]["failOnDataLoss"] is True
    assert document["decoding"]["onDecodeError"] == "dead-letter"
    assert document["decoding"]["deadLetterTable"] == {"namespace": "db", "name": "events_dead_letters"}
    assert document["table"]["distributionMode"] == "none" and document["table"]["fanout"] is True
    assert document["table"]["kafkaMetadataColumns"] is True and document["table"]["partitionBy"] == []
    assert document["stop"] == {"timeoutSeconds": 300}
    assert document["trigger"] == {"type": "availableNow"}
    every_minute = load("job", str(DOCUMENTS / "valid/job-trigger-default.json"), NOW_SECONDS)
    assert every_minute["trigger"] == {"type": "processingTime", "intervalSeconds": 60}
    plan = load("maintenance", str(DOCUMENTS / "valid/maintenance-minimal.json"), NOW_SECONDS)
    assert plan["protectQueryIds"] == [] and plan["protectQueriesMaxAgeHours"] == 168


def test_a_message_names_value_limit_and_remedy():
    document = json.loads((DOCUMENTS / "valid/job-minimal.json").read_text())
    document["source"]["maxOffsetsPerTrigger"] = 0
    with pytest.raises(TidewaterError) as caught:
        validate("job", document, NOW_SECONDS)
    assert caught.value.message == "/source/maxOffsetsPerTrigger: 0 is out of bounds: minimum is 1"
    assert "Most records a micro-batch reads" in caught.value.remedy


@pytest.mark.parametrize(
    "source, shown",
    [
        ({"kafkaOptions": {"kafka.sasl.jaas.config": "hunter2", "kafka.client.id": "hunter2"}}, "jaas"),
        ({"password": "hunter2"}, "password"),
        ({"startingOffsets": {"password": "hunter2"}}, "password"),
        ({"kafkaOptions": [{"kafka.client.id": "hunter2"}]}, "a list of 1"),
        ({"auth": {"type": "mskIam", "secretAccessKey": "hunter2"}}, "secretAccessKey"),
        ({"auth": {"type": "mskIam", "trustStore": {"type": "JKS", "password": "hunter2"}}}, "password"),
        (
            {"auth": {"type": "mskIam", "trustStore": {"type": "JKS", "location": "/t", "passwordFile": "hunter2"}}},
            "a string",
        ),
        ({"topic": "a topic " + "x" * 150 + "hunter2"}, "a topic xxx"),
    ],
)
def test_no_message_shows_what_may_be_a_secret(source, shown):
    document = json.loads((DOCUMENTS / "valid/job-minimal.json").read_text())
    document["source"].update(source)
    with pytest.raises(TidewaterError) as caught:
        validate("job", document, NOW_SECONDS)
    text = json.dumps(caught.value.as_fields())
    assert shown in text and "hunter2" not in text
    assert "client.id" not in text, "names that are allowed are not the matter"


def test_the_document_given_is_left_alone():
    document = json.loads((DOCUMENTS / "valid/job-minimal.json").read_text())
    before = json.dumps(document)
    validate("job", document, NOW_SECONDS)
    assert json.dumps(document) == before


@pytest.mark.parametrize("text", [None, "{", "\xff\xfe"])
def test_a_file_that_is_no_json_is_a_bad_document(tmp_path, text):
    path = tmp_path / "job.json"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))
    with pytest.raises(TidewaterError) as caught:
        load("job", str(path), NOW_SECONDS)
    assert caught.value.code == "bad-document" and str(path) in caught.value.message


def test_the_catalog_is_the_same_in_every_schema():
    parts = ("catalog", "catalogName", "hadoopCatalog", "glueCatalog")
    definitions = [schema_of(name)["definitions"] for name in ("job", "maintenance", "queries")]
    catalogs = [[one[part] for part in parts] for one in definitions]
    assert catalogs[0] == catalogs[1] == catalogs[2]


def test_a_glue_catalog_becomes_sparks_keys():
    lake = json.loads((DOCUMENTS / "valid/job-glue.json").read_text())["table"]["catalog"]
    prefix = "spark.sql.catalog.lake"
    assert catalog_conf(lake) == {
        prefix: "org.apache.iceberg.spark.SparkCatalog",
        f"{prefix}.warehouse": "s3://lake-bucket/warehouse",
        f"{prefix}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
        f"{prefix}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        f"{prefix}.client.region": "eu-central-1",
        f"{prefix}.glue.endpoint": "http://127.0.0.1:4566",
        f"{prefix}.s3.endpoint": "http://127.0.0.1:4566",
        f"{prefix}.s3.path-style-access": "true",
        f"{prefix}.s3.retry.num-retries": "32",
        f"{prefix}.glue.id": "123456789012",
        f"{prefix}.s3.sse.type": "s3",
    }
    fewer = {**lake, "properties": {"s3.retry.num-retries": "5"}}
    assert catalog_conf(fewer)[f"{prefix}.s3.retry.num-retries"] == "5"


def test_every_object_of_the_schemas_is_closed_and_titled():
    def check(schema, place):
        if isinstance(schema, dict):
            is_avro = place.startswith("job/definitions/decoding/properties/schema")
            if schema.get("type") == "object" and "properties" in schema and not is_avro:
                assert schema.get("additionalProperties") is False, place
                assert "title" in schema, place
            for key, value in schema.items():
                check(value, f"{place}/{key}")
        elif isinstance(schema, list):
            for index, value in enumerate(schema):
                check(value, f"{place}/{index}")

    for name in ("job", "maintenance", "queries"):
        check(schema_of(name), name)
