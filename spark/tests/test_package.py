"""The package as it is shipped: Python 3.9, a zip for spark-submit, bounds on file size."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "tidewater_spark").glob("*.py"))
LINE_LIMIT = 300


@pytest.mark.parametrize("path", SOURCES + sorted((ROOT / "tests").glob("*.py")), ids=lambda path: path.name)
def test_the_syntax_is_python_3_9_and_the_file_small(path):
    text = path.read_text()
    ast.parse(text, feature_version=(3, 9))
    assert len(text.splitlines()) <= LINE_LIMIT


def test_documents_are_validated_from_a_zip_as_spark_submit_ships_it(tmp_path):
    archive = tmp_path / "tidewater.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in SOURCES:
            file.write(path, f"tidewater_spark/{path.name}")
        for path in ROOT.glob("*.schema.json"):
            file.write(path, path.name)
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); from tidewater_spark import document; "
        "assert '.zip' in document.__file__; print(document.load('queries', sys.argv[2], 0.0)['queries'][0]['id'])"
    )
    given = ROOT / "tests/documents/valid/queries.json"
    done = subprocess.run(
        [sys.executable, "-c", code, str(archive), str(given)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("count\n", "")


@pytest.mark.parametrize(
    "entry, flag", [("kafka_to_iceberg", "--job"), ("maintain", "--plan"), ("query", "--queries")]
)
def test_a_bad_document_ends_with_2_and_one_event_before_spark_starts(tmp_path, entry, flag):
    path = tmp_path / "document.json"
    path.write_text("{}")
    # As a file, the way spark-submit runs it, and from another folder.
    command = [sys.executable, str(ROOT / "tidewater_spark" / f"{entry}.py"), flag, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2, done.stderr
    (line,) = done.stdout.splitlines()
    event = json.loads(line)
    assert (event["event"], event["code"], event["path"]) == ("failed", "bad-document", "")
    assert "required" in event["message"] and event["remedy"]
    assert done.stderr == ""
