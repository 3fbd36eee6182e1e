"""The job against a broker that verifies AWS_MSK_IAM and enforces IAM policies. iam_broker.py says what it needs."""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path

import pytest
from avro_bytes import event
from iam_broker import IamBroker, IamHarness, acting_as, system_properties
from job_process import EntryProcess
from test_stop_and_crash import EVERY_SECOND, assert_exactly_once, records

from tidewater_spark.errors import TidewaterError
from tidewater_spark.kafka_auth import region_properties

pytestmark = pytest.mark.spark

SESSION_SECONDS = 6
REAUTHENTICATIONS = 3
DEADLINE_SECONDS = 300
# Room for a busy machine; what is tried again and again takes longer.
REFUSED_WITHIN_SECONDS = 60


@pytest.fixture(scope="module")
def iam() -> IamBroker:
    return IamBroker()


@pytest.fixture()
def on_iam(spark, catalog, iam, tmp_path):
    it = IamHarness(spark, catalog, iam, tmp_path)
    # As the entry point does for the job; the JVM is the other tests' too.
    with system_properties(spark, region_properties(iam.auth())), acting_as(spark, iam.admin):
        yield it
        it.delete_topic()


def reader(harness) -> list:
    """What a job needs, and no more."""
    iam = harness.iam
    return [
        (["Connect"], iam.resource("cluster")),
        (["DescribeTopic", "ReadData"], iam.resource("topic", harness.topic)),
        (["DescribeGroup", "AlterGroup"], iam.resource("group", "spark-kafka-source-*")),
    ]


def refused(harness, identity, **sections) -> TidewaterError:
    began = time.monotonic()
    with pytest.raises(TidewaterError) as caught:
        harness.run_as(identity, **sections)
    assert time.monotonic() - began < REFUSED_WITHIN_SECONDS, "nothing is tried again that can't succeed"
    text = json.dumps(caught.value.as_fields())
    if identity is not None:
        assert identity.secret_access_key not in text and identity.session_token not in text
    assert harness.spark.streams.active == []
    return caught.value


def test_a_job_streams_through_sessions_that_end_and_lands_each_record_once(on_iam, spark_conf_dir, tmp_path):
    on_iam.create_topic(1)
    identity = on_iam.iam.new_identity(reader(on_iam))
    conf = shutil.copytree(spark_conf_dir, tmp_path / "conf")
    # Kafka logs its clients' settings at this level.
    with (conf / "log4j2.properties").open("a") as logging:
        for name in ("org.apache.kafka", "software.amazon"):
            logging.write(f"logger.{name[:3]}.name = {name}\nlogger.{name[:3]}.level = info\n")
    produced = 0

    def reauthenticated() -> int:
        decisions = on_iam.iam.decisions(identity.arn)
        return len([item for item in decisions if item["kind"] == "reauthentication"])

    document = on_iam.document(trigger=EVERY_SECOND)
    environment = identity.environment()
    with on_iam.iam.configured(sessionSeconds=SESSION_SECONDS):
        with EntryProcess("kafka_to_iceberg", "--job", document, conf, tmp_path, environment) as job:
            job.until("started")
            deadline = time.monotonic() + DEADLINE_SECONDS
            while reauthenticated() < REAUTHENTICATIONS:
                assert time.monotonic() < deadline and job.process.poll() is None, job.log.read_text()[-3000:]
                on_iam.produce(records(20, produced))
                produced += 20
                job.until("progress", query="main")
            job.process.send_signal(signal.SIGTERM)
            rest = list(job.events())
            assert job.process.wait(DEADLINE_SECONDS) == 0
            log = job.log.read_text()
    on_iam.run_as(identity)
    assert rest[-1]["event"] == "stopped" and rest[-1]["graceful"]
    assert_exactly_once(on_iam, produced)
    decisions = on_iam.iam.decisions(identity.arn)
    assert [item for item in decisions if item["result"] == "denied"] == []
    assert {item["mechanism"] for item in decisions if "mechanism" in item} == {"AWS_MSK_IAM"}
    assert "sasl.jaas.config = [hidden]" in log, "the settings are in this log"
    password = Path(on_iam.iam.trust_store["passwordFile"]).read_text().strip()
    for secret in (identity.secret_access_key, identity.session_token, password):
        assert secret not in log and secret not in json.dumps(rest)


def test_a_wrong_secret_is_told_at_once(on_iam):
    on_iam.create_topic(1)
    identity = on_iam.iam.new_identity(reader(on_iam)).with_secret("not/the/secret")
    error = refused(on_iam, identity)
    assert error.code == "authentication-failed" and "Access denied" in error.message


def test_a_region_that_is_not_the_clusters_is_refused_by_the_broker(on_iam):
    auth = on_iam.iam.auth(region="eu-central-1")
    identity = on_iam.iam.new_identity(reader(on_iam))
    with system_properties(on_iam.spark, region_properties(auth)):
        error = refused(on_iam, identity, source={"auth": auth})
    assert error.code == "authentication-failed" and "region" in error.remedy


def test_credentials_that_have_ended_are_refused_by_the_broker(on_iam):
    error = refused(on_iam, on_iam.iam.new_identity(reader(on_iam), seconds=-60))
    assert error.code == "authentication-failed" and "expired" in error.remedy


def test_a_clock_that_is_ten_minutes_fast_is_refused_by_the_broker(on_iam):
    identity = on_iam.iam.new_identity(reader(on_iam), seconds=3600)
    with on_iam.iam.configured(clockOffsetSeconds=-600):
        error = refused(on_iam, identity)
    assert error.code == "authentication-failed" and "clock" in error.remedy


def test_no_region_anywhere_is_told_before_kafka_is_asked(on_iam):
    identity = on_iam.iam.new_identity(reader(on_iam))
    with system_properties(on_iam.spark, {"aws.region": None}):
        error = refused(on_iam, identity, source={"auth": {"type": "mskIam"}})
    assert error.code == "region-unknown" and "/source/auth/region" in error.remedy


def test_no_credentials_are_told_from_wrong_ones(on_iam):
    error = refused(on_iam, None)
    assert error.code == "credentials-unavailable"


def test_a_profile_that_is_not_there_is_not_replaced_by_whatever_else_is(on_iam):
    """The JVM has credentials that would do; the job asked for others."""
    on_iam.create_topic(1)
    profile = 'no "such" \\ profile'
    error = refused(on_iam, on_iam.iam.new_identity(reader(on_iam)), source={"auth": on_iam.iam.auth(profile=profile)})
    assert error.code == "credentials-unavailable" and profile in error.message


def test_a_broker_of_another_authority_is_not_trusted(on_iam):
    auth = {key: value for key, value in on_iam.iam.auth().items() if key != "trustStore"}
    error = refused(on_iam, on_iam.iam.new_identity(reader(on_iam)), source={"auth": auth})
    assert error.code == "tls-untrusted" and "trustStore" in error.remedy


def test_a_plaintext_port_is_named(on_iam, brokers):
    error = refused(on_iam, on_iam.iam.new_identity([]), source={"bootstrapBrokers": brokers})
    assert error.code == "tls-mismatch" and f"{brokers} is a plaintext listener" in error.message


def test_a_tls_port_without_iam_is_named(on_iam):
    error = refused(on_iam, on_iam.iam.new_identity([]), source={"auth": {"type": "none"}})
    assert error.code == "tls-mismatch" and "is a TLS listener" in error.message


def test_a_policy_that_does_not_allow_to_connect_is_told(on_iam):
    error = refused(on_iam, on_iam.iam.new_identity(reader(on_iam)[1:]))
    assert error.code == "authentication-failed" and "kafka-cluster:Connect" in error.remedy


def without_describe(connect, _topic, group, topic):
    return [connect, (["ReadData"], topic), group]


def without_read(connect, _topic, group, topic):
    return [connect, (["DescribeTopic"], topic), group]


def without_group(connect, both, _group, _topic):
    return [connect, both]


@pytest.mark.parametrize("statements", [without_describe, without_read, without_group])
def test_a_policy_that_lacks_an_action_is_told(on_iam, statements):
    on_iam.create_topic(1)
    on_iam.produce([event(0)])
    allowed = reader(on_iam)
    error = refused(on_iam, on_iam.iam.new_identity(statements(*allowed, allowed[1][1])))
    assert error.code == "authorization-failed" and on_iam.topic in error.message
    assert all(action in error.remedy for action in ("DescribeTopic", "ReadData", "AlterGroup"))


def test_an_undecodable_record_is_read_again_with_the_same_authentication(on_iam):
    on_iam.create_topic(1)
    on_iam.produce([event(3)[:-2]])
    identity = on_iam.iam.new_identity(reader(on_iam))
    error = refused(on_iam, identity, decoding={"onDecodeError": "fail"})
    assert error.code == "undecodable-record" and "string of 7 bytes" in error.details["reason"]


def test_credentials_that_are_about_to_end_are_told(on_iam):
    on_iam.create_topic(1)
    identity = on_iam.iam.new_identity(reader(on_iam), seconds=4)
    assert refused(on_iam, identity).code == "session-too-short"


def test_a_broker_with_too_many_connections_is_told(on_iam):
    on_iam.create_topic(1)
    identity = on_iam.iam.new_identity(reader(on_iam))
    holder = on_iam.admin()
    try:
        holder.describeCluster().nodes().get(30, on_iam.spark._jvm.java.util.concurrent.TimeUnit.SECONDS)
        with on_iam.iam.configured(maxConnections=1):
            assert refused(on_iam, identity).code == "too-many-connections"
    finally:
        holder.close()


@pytest.mark.parametrize(
    "change",
    [{"location": "/no/such/store"}, {}, {"passwordFile": "/no/such/file"}, {"type": "PKCS12", "location": "/dev/null"}],
)
def test_a_trust_store_that_can_not_be_read_is_told_without_its_password(on_iam, tmp_path, change):
    password_file = tmp_path / "password"
    password_file.write_text("not-the-password\n")
    trust_store = {**on_iam.iam.trust_store, "passwordFile": str(password_file), **change}
    error = refused(on_iam, on_iam.iam.new_identity([]), source={"auth": on_iam.iam.auth(trustStore=trust_store)})
    assert error.code == "trust-store-unreadable" and trust_store["location"] in error.message
    assert "not-the-password" not in json.dumps(error.as_fields())
