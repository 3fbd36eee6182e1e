"""A job and maintenance of one table take turns on a local file system."""

from __future__ import annotations

import os
import signal

import pytest
from avro_bytes import event
from job_process import EntryProcess
from test_maintain_and_query import COMPACT, maintain
from test_stop_and_crash import DEADLINE_SECONDS, EVERY_SECOND

from tidewater_spark.errors import TidewaterError
from tidewater_spark.table_lock import writing

pytestmark = pytest.mark.spark


def test_maintenance_and_a_second_job_are_refused_while_a_job_runs(harness, spark_conf_dir, tmp_path):
    harness.create_topic(1)
    harness.produce([event(0)])
    document = harness.document(trigger=EVERY_SECOND)
    with EntryProcess("kafka_to_iceberg", "--job", document, spark_conf_dir, tmp_path) as job:
        job.until("progress", query="main")
        for act in (lambda: maintain(harness, COMPACT), harness.run):
            with pytest.raises(TidewaterError) as caught:
                act()
            assert caught.value.code == "table-in-use"
            assert caught.value.details["pid"] == job.process.pid
        job.kill_group()
        assert job.process.wait(DEADLINE_SECONDS) == -signal.SIGKILL
    assert maintain(harness, COMPACT)[-1]["event"] == "finished", "the lock went with the process"
    harness.run()
    assert harness.coordinates() == [(0, 0)]


def test_the_dead_letter_table_is_held_too_and_tables_are_held_one_by_one(harness):
    tables = [{"namespace": "db", "name": name} for name in ("a", "b", "c")]
    with writing(harness.spark, harness.catalog, tables[:2]):
        with writing(harness.spark, harness.catalog, tables[2:]):
            pass
        with pytest.raises(TidewaterError) as caught:
            with writing(harness.spark, harness.catalog, tables[1:]):
                raise AssertionError("held twice")
        assert caught.value.details == {"table": "local.db.b", "pid": os.getpid()}
    with writing(harness.spark, harness.catalog, tables):
        names = harness.spark.sql("SHOW NAMESPACES IN local").collect()
        assert all("lock" not in row[0] for row in names)


def test_a_warehouse_that_can_not_be_written_is_named(harness, tmp_path):
    (tmp_path / "file").write_text("")
    catalog = {**harness.catalog, "warehouse": str(tmp_path / "file" / "warehouse")}
    with pytest.raises(TidewaterError) as caught:
        with writing(harness.spark, catalog, [{"namespace": "db", "name": "a"}]):
            raise AssertionError("no lock was taken")
    assert caught.value.code == "warehouse-not-writable" and "local.db.a" in caught.value.message
