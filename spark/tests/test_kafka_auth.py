"""What a job's source.auth means for its Kafka clients, and what their failures mean."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest
from conftest import NOW_SECONDS

from tidewater_spark.document import validate
from tidewater_spark.errors import CODES
from tidewater_spark.kafka_auth import auth_options, jaas_config, region_properties
from tidewater_spark.kafka_client import client_options
from tidewater_spark.kafka_failure import access_failure
from tidewater_spark.kafka_listener import PLAINTEXT, TLS, listener_protocol, protocol_of, split_brokers
from tidewater_spark.trust_store import trusted_certificates

DOCUMENTS = Path(__file__).parent / "documents"
MODULE = "software.amazon.msk.auth.iam.IAMLoginModule"
ERRORS = "org.apache.kafka.common.errors"


def source(auth: dict, **fields) -> dict:
    document = json.loads((DOCUMENTS / "valid/job-minimal.json").read_text())
    document["source"].update(auth=auth, **fields)
    return validate("job", document, NOW_SECONDS)["source"]


def test_without_options_the_login_module_takes_what_the_sdk_finds():
    assert jaas_config({"type": "mskIam", "region": "us-east-1"}) == f"{MODULE} required;"


def test_a_role_is_taken_or_nobody():
    auth = {"type": "mskIam", "roleArn": "arn:aws:iam::1:role/r", "roleSessionName": "s", "roleExternalId": "e"}
    assert jaas_config({**auth, "stsRegion": "us-east-1"}) == (
        f'{MODULE} required awsRoleArn="arn:aws:iam::1:role/r" awsRoleSessionName="s" awsRoleExternalId="e" '
        'awsStsRegion="us-east-1" awsAddDefaultProviders="false";'
    )


@pytest.mark.spark
@pytest.mark.parametrize(
    "profile", ["plain", 'a "quoted" one', "back\\slash", "\\", '"', "; x required;", "it's\\n = 'so'", "\\101 \\\""]
)
def test_kafka_reads_from_the_login_line_what_was_put_in(spark, profile):
    auth = source({"type": "mskIam", "profile": profile})["auth"]
    password = spark._jvm.org.apache.kafka.common.config.types.Password
    configs = spark._jvm.java.util.HashMap()
    configs.put("sasl.jaas.config", password(jaas_config(auth)))
    context = spark._jvm.org.apache.kafka.common.security.JaasContext.loadClientContext(configs)
    (entry,) = context.configurationEntries()
    assert entry.getLoginModuleName() == MODULE
    assert dict(entry.getOptions()) == {"awsProfileName": profile, "awsAddDefaultProviders": "false"}


def test_clients_are_given_what_the_document_says_and_authentication_has_the_last_word():
    given = {"kafka.reconnect.backoff.ms": "3000", "kafka.client.id": "c"}
    options = client_options(None, source({"type": "mskIam"}, kafkaOptions=given))
    assert options == {
        "kafka.bootstrap.servers": "127.0.0.1:9092",
        "kafka.max.poll.records": "20000",
        "kafka.client.id": "c",
        "kafka.reconnect.backoff.ms": "3000",
        "kafka.reconnect.backoff.max.ms": "10000",
        "kafka.security.protocol": "SASL_SSL",
        "kafka.sasl.mechanism": "AWS_MSK_IAM",
        "kafka.sasl.jaas.config": f"{MODULE} required;",
        "kafka.sasl.client.callback.handler.class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
    }
    assert client_options(None, source({"type": "mskIam"}))["kafka.reconnect.backoff.ms"] == "1000"
    assert client_options(None, source({"type": "none"})) == {
        "kafka.bootstrap.servers": "127.0.0.1:9092",
        "kafka.max.poll.records": "20000",
    }


def test_certificates_travel_as_text_and_the_region_as_a_system_property():
    options = auth_options({"type": "mskIam"}, "PEM text")
    assert options["kafka.ssl.truststore.type"] == "PEM"
    assert options["kafka.ssl.truststore.certificates"] == "PEM text"
    assert not any("password" in key or "location" in key for key in options)
    assert region_properties({"type": "mskIam", "region": "eu-west-1"}) == {"aws.region": "eu-west-1"}
    assert region_properties({"type": "mskIam"}) == region_properties({"type": "none"}) == {}


@pytest.mark.parametrize(
    "chain, code",
    [
        (f"x.ExecutionException: {ERRORS}.SaslAuthenticationException: [u]: Access denied", "authentication-failed"),
        (f"{ERRORS}.SaslAuthenticationException: [u]: Too many connects", "too-many-connections"),
        (f"{ERRORS}.SaslAuthenticationException: [u]: Session too short", "session-too-short"),
        (
            f"{ERRORS}.SaslAuthenticationException: An error: (javax.security.sasl.SaslException: Failed to find AWS IAM "
            "Credentials [Caused by software.amazon.awssdk.core.exception.SdkClientException])",
            "credentials-unavailable",
        ),
        (f"{ERRORS}.UnsupportedSaslMechanismException: Client SASL mechanism", "authentication-failed"),
        (f"{ERRORS}.SslAuthenticationException: SSL handshake failed", "tls-untrusted"),
        (f"Task 0 failed: {ERRORS}.TopicAuthorizationException: Not authorized", "authorization-failed"),
        (f"{ERRORS}.GroupAuthorizationException: Not authorized", "authorization-failed"),
        ("org.apache.hadoop.security.authorize.AuthorizationException: User x", None),
        ("javax.net.ssl.SSLHandshakeException: while talking to the object store", None),
        (f"{ERRORS}.TimeoutException: Call(callName=describeTopics)", None),
    ],
)
def test_failures_of_access_are_told_apart(chain, code):
    failure = access_failure(chain, "asking b:1", "what it says", {"topic": "t"})
    if code is None:
        assert failure is None
        return
    assert failure.code == code and code in CODES
    assert failure.message == "asking b:1 failed: what it says" and failure.details == {"topic": "t"}
    assert failure.remedy.endswith(".")


def test_brokers_of_every_form_are_split():
    assert split_brokers("a.example:9098,[::1]:9099,127.0.0.1:1") == [
        ("a.example", 9098),
        ("::1", 9099),
        ("127.0.0.1", 1),
    ]


@pytest.mark.parametrize(
    "answer, protocol",
    [
        (bytes([0x15, 3, 3, 0, 2, 2, 80]), TLS),
        (bytes([0, 0, 1, 0]) + b"TWDR", PLAINTEXT),
        (bytes([0, 0, 1, 0]) + b"????", None),
        (b"HTTP/1.1", None),
        (b"", None),
    ],
)
def test_an_answer_shows_the_listeners_protocol(answer, protocol):
    assert protocol_of(answer) == protocol


def test_a_listener_that_hangs_up_or_is_not_there_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def hang_up():
            for _ in range(2):
                server.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        assert listener_protocol("127.0.0.1", port, TLS) is None
        thread.join()
    assert listener_protocol("127.0.0.1", port, PLAINTEXT) is None


@pytest.mark.spark
def test_of_a_pem_file_the_certificates_alone_are_taken(spark, tmp_path):
    certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"
    path = tmp_path / "ca.pem"
    path.write_text(f"a comment\n{certificate}\n{key}\n{certificate}\n")
    found = trusted_certificates(spark, {"type": "PEM", "location": str(path)})
    assert found == f"{certificate}\n{certificate}\n"
