"""Stopping, being killed, and starting again: each record lands exactly once throughout."""

from __future__ import annotations

import os
import signal
import time

import pytest
from avro_bytes import event
from job_process import EntryProcess

from tidewater_spark.errors import TidewaterError
from tidewater_spark.stop import StopRequests

pytestmark = pytest.mark.spark

DEADLINE_SECONDS = 90
EVERY_SECOND = {"type": "processingTime", "intervalSeconds": 1}


def records(count: int, first: int = 0) -> list:
    """Every fifth value can't be decoded."""
    return [event(number) if number % 5 else b"\xff" * 11 for number in range(first, first + count)]


def assert_exactly_once(harness, count: int) -> None:
    everything = [(0, offset) for offset in range(count)]
    assert harness.coordinates() == [item for item in everything if item[1] % 5]
    assert harness.coordinates(harness.dead_letters) == [item for item in everything if item[1] % 5 == 0]


def test_sigterm_to_the_python_process_stops_between_micro_batches(harness, spark_conf_dir, tmp_path):
    harness.create_topic(1)
    harness.produce(records(20))
    document = harness.document(trigger=EVERY_SECOND, source={"maxOffsetsPerTrigger": 10})
    with EntryProcess("kafka_to_iceberg", "--job", document, spark_conf_dir, tmp_path) as job:
        job.until("progress", query="main")
        job.process.send_signal(signal.SIGTERM)
        rest = list(job.events())
        assert job.process.wait(DEADLINE_SECONDS) == 0
        assert job.group_is_gone(), "the JVM ends with the job"
    assert [item["event"] for item in rest if item["event"] != "progress"] == ["stopping", "stopped"]
    assert rest[-1]["reason"] == "signal" and rest[-1]["graceful"] is True
    landed = rest[-1]["queries"]["main"]
    assert len(harness.rows()) == landed["outputRows"]

    harness.run()
    assert_exactly_once(harness, 20)


def test_a_job_killed_in_the_middle_of_a_micro_batch_goes_on_exactly_once(harness, spark_conf_dir, tmp_path):
    harness.create_topic(1)
    harness.produce(records(60))
    document = harness.document(trigger=EVERY_SECOND, source={"maxOffsetsPerTrigger": 15})
    main = harness.checkpoint / "main"
    with EntryProcess("kafka_to_iceberg", "--job", document, spark_conf_dir, tmp_path) as job:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not (main / "offsets" / "1").exists():
            assert time.monotonic() < deadline and job.process.poll() is None, job.log.read_text()[-3000:]
            time.sleep(0.002)
        job.kill_group()
        assert job.process.wait(DEADLINE_SECONDS) == -signal.SIGKILL
    assert not (main / "commits" / "1").exists(), "the micro-batch was under way"
    assert len(harness.rows()) < 48

    harness.run()
    assert_exactly_once(harness, 60)


def test_a_jvm_that_dies_is_reported(harness, spark_conf_dir, tmp_path):
    harness.create_topic(1)
    with EntryProcess(
        "kafka_to_iceberg", "--job", harness.document(trigger=EVERY_SECOND), spark_conf_dir, tmp_path
    ) as job:
        job.until("started")
        os.kill(job.jvm_pid(), signal.SIGKILL)
        (failed,) = [item for item in job.events() if item["event"] != "progress"]
        assert job.process.wait(DEADLINE_SECONDS) == 1
    assert (failed["event"], failed["code"]) == ("failed", "jvm-lost")


def forget_last_commit(harness) -> None:
    """As if the process had died between the table's commit and the checkpoint's."""
    commits = harness.checkpoint / "main" / "commits"
    last = max(int(path.name) for path in commits.iterdir() if path.name.isdigit())
    (commits / str(last)).unlink()
    (commits / f".{last}.crc").unlink()


def test_a_micro_batch_whose_checkpoint_was_lost_is_not_appended_again(harness):
    harness.create_topic(1)
    harness.produce(records(10))
    harness.run()
    forget_last_commit(harness)
    harness.produce(records(10, first=10))
    harness.run()
    assert_exactly_once(harness, 20)


def test_a_marker_stops_the_job_and_a_stale_one_does_not(harness, tmp_path):
    harness.create_topic(1)
    harness.produce(records(10))
    marker = tmp_path / "stop"
    marker.write_text("")
    os.utime(marker, (1, 1))
    seen = []

    def on_event(name, fields):
        if name == "progress" and fields["query"] == "main" and not seen:
            seen.append(fields["batchId"])
            marker.write_text("now")

    stopped = harness.run(on_event=on_event, trigger=EVERY_SECOND, stop={"markerLocation": str(marker)})
    assert harness.events[0]["staleStopMarker"] is True
    assert (stopped["reason"], stopped["graceful"]) == ("stop-marker", True) and seen == [0]
    assert harness.spark.streams.active == []
    harness.run()
    assert_exactly_once(harness, 10)


def test_a_second_signal_interrupts_the_micro_batch_and_loses_nothing(harness):
    harness.create_topic(1)
    harness.produce(records(10))
    stop = StopRequests()

    def on_event(name, _fields):
        if name == "started":
            stop._on_signal(signal.SIGTERM, None)
            stop._on_signal(signal.SIGTERM, None)

    stopped = harness.run(requests=stop, on_event=on_event, trigger=EVERY_SECOND)
    assert stopped["reason"] == "signal" and stop.at_once
    harness.run()
    assert_exactly_once(harness, 10)


def test_records_that_left_the_topic_before_they_were_read_are_an_error(harness):
    harness.create_topic(1)
    harness.produce(records(10))
    harness.run()
    harness.delete_topic()
    harness.create_topic(1)
    harness.produce(records(3))
    with pytest.raises(TidewaterError) as caught:
        harness.run()
    assert caught.value.code == "records-lost" and harness.topic in caught.value.message
