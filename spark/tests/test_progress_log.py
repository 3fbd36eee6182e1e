"""The progress document: what it holds, how often it is written, and that a store can't hold up the job."""

from __future__ import annotations

import json
import threading

import pytest

from tidewater_spark import progress_log
from tidewater_spark.progress_document import RECENT_LIMIT, ProgressDocument
from tidewater_spark.progress_log import ProgressLog


def batch(number: int, query: str = "main", rows: int = 10) -> dict:
    return {
        "query": query,
        "batchId": number,
        "inputRows": rows,
        "outputRows": rows - 1,
        "durationMs": 500,
        "endOffsets": {"0": (number + 1) * rows},
    }


def test_the_document_holds_start_last_batches_sums_and_end():
    document = ProgressDocument("run-1", "job", 1_800_000_000.25)
    document.add("started", {"topic": "t"}, 1_800_000_001.0)
    for number in range(RECENT_LIMIT + 5):
        document.add("progress", batch(number), 1_800_000_002.0)
    document.add("progress", batch(0, "dead-letters"), 1_800_000_003.0)
    running = json.loads(document.as_text())
    assert (running["version"], running["runId"], running["job"], running["state"]) == (1, "run-1", "job", "running")
    assert (running["startedAt"], running["updatedAt"]) == (
        "2027-01-15T08:00:00.250Z",
        "2027-01-15T08:00:03.000Z",
    )
    assert running["started"] == {"event": "started", "topic": "t"}
    assert running["progress"]["main"]["batchId"] == RECENT_LIMIT + 4
    assert len(running["recent"]) == RECENT_LIMIT and running["recent"][-1]["query"] == "dead-letters"
    assert running["totals"]["main"] == {
        "batches": 105,
        "inputRows": 1050,
        "outputRows": 945,
        "endOffsets": {"0": 1050},
    }
    assert "ended" not in running and not document.has_ended
    document.add("failed", {"code": "records-lost", "message": "m"}, 1_800_000_004.0)
    ended = json.loads(document.as_text())
    assert ended["state"] == "failed" and ended["ended"]["code"] == "records-lost"


def test_it_is_written_at_most_once_in_a_pause_and_always_at_the_end():
    written = []
    first = threading.Event()

    def write(text: str) -> None:
        written.append(json.loads(text))
        first.set()

    log = ProgressLog(ProgressDocument("r", "j", 0.0), write)
    log.add("started", {})
    assert first.wait(30)
    for number in range(50):
        log.add("progress", batch(number))
    log.add("stopped", {"reason": "signal"})
    # The first, at most one in between, and the last.
    assert len(written) <= 3
    assert written[-1]["state"] == "stopped" and written[-1]["totals"]["main"]["batches"] == 50


def test_a_write_that_fails_is_logged_and_the_last_one_is_still_tried(capsys):
    tried = []

    def write(text: str) -> None:
        tried.append(json.loads(text)["state"])
        raise OSError("the store is away")

    log = ProgressLog(ProgressDocument("r", "j", 0.0), write)
    log.add("failed", {"code": "internal"})
    assert tried[-1] == "failed"
    assert "the store is away" in capsys.readouterr().err


def test_a_store_that_hangs_does_not_hold_up_the_end(monkeypatch):
    monkeypatch.setattr(progress_log, "LAST_WRITE_TIMEOUT_SECONDS", 0.05)
    released = threading.Event()
    log = ProgressLog(ProgressDocument("r", "j", 0.0), lambda text: released.wait(30))
    log.add("progress", batch(0))
    log.add("stopped", {})
    released.set()


@pytest.mark.spark
def test_a_job_keeps_its_progress_where_it_is_told_and_is_told_by_uri(spark, tmp_path):
    from tidewater_spark.hadoop_fs import read_before_session, replace_text

    location = f"{(tmp_path / 'progress').as_uri()}/run.json"
    replace_text(spark, location, '{"n": 1}')
    replace_text(spark, location, '{"n": 2, "é": "ü"}')
    assert json.loads(read_before_session(location)) == {"n": 2, "é": "ü"}
    assert [path.name for path in (tmp_path / "progress").iterdir() if not path.name.startswith(".")] == ["run.json"]
