"""What every Kafka client of a job is given, and what is checked before the first one starts."""

from __future__ import annotations

from typing import Dict, Optional

from .errors import TidewaterError, first_lines
from .kafka_auth import LOGIN_OPTIONS_READER, MSK_IAM, auth_defaults, auth_options
from .kafka_listener import PLAINTEXT, TLS, listener_protocol, split_brokers
from .trust_store import trusted_certificates

# Most of the source's time with the consumer's default of 500 went into asking for the offset range after
# each poll: 1.35 µs a record against 0.89 with 20,000, measured on Spark 3.5.7.
DEFAULT_KAFKA_OPTIONS = {"kafka.max.poll.records": "20000"}


def client_options(spark, source: dict) -> Dict[str, str]:
    """Settings of every Kafka client of the job, whoever runs it; keys have Spark's prefix `kafka.`.

    Raises TidewaterError trust-store-unreadable.
    """
    auth = source["auth"]
    trusted = trusted_certificates(spark, auth["trustStore"]) if "trustStore" in auth else None
    return {
        **DEFAULT_KAFKA_OPTIONS,
        **auth_defaults(auth),
        **source["kafkaOptions"],
        **auth_options(auth, trusted),
        "kafka.bootstrap.servers": source["bootstrapBrokers"],
    }


def check_access(spark, source: dict) -> None:
    """Makes sure, before any Kafka client is started, of what one would only find out by its time-out.

    Raises TidewaterError session-failed (the client library is missing), region-unknown, region-mismatch, tls-mismatch.
    """
    brokers = split_brokers(source["bootstrapBrokers"])
    iam = source["auth"]["type"] == MSK_IAM
    if iam:
        _check_client_library(spark)
        _check_region(spark, source["auth"].get("region"), brokers)
    expected = TLS if iam else PLAINTEXT
    for host, port in brokers:
        found = listener_protocol(host, port, expected)
        if found == expected:
            return
        if found is not None:
            raise TidewaterError(
                "tls-mismatch",
                f"{host}:{port} is a {found} listener, and auth {source['auth']['type']} needs a {expected} one",
                "Name the port of the other listener in /source/bootstrapBrokers (MSK: 9098 for IAM, 9092 for "
                "plaintext), or correct /source/auth.",
                {"bootstrapBrokers": source["bootstrapBrokers"]},
            )


def _check_client_library(spark) -> None:
    try:
        builder = spark._jvm.org.apache.spark.util.Utils.classForName(LOGIN_OPTIONS_READER, True, False)
        knows = any(method.getName() == "addDefaultProviders" for method in builder.getMethods())
        problem = None if knows else "it is too old to keep to the profile or role it is given"
    except Exception as error:
        problem = first_lines(error)
    if problem is not None:
        raise TidewaterError(
            "session-failed",
            f"the class path lacks the aws-msk-iam-auth that auth {MSK_IAM} needs: {problem}",
            "Add software.amazon.msk:aws-msk-iam-auth, 2.3.4 or newer, to spark.jars.",
        )


def _check_region(spark, wanted: Optional[str], brokers: list) -> None:
    # Left to Kafka's client, the library's exception goes unheard and it tries again until its time is up.
    regions = spark._jvm.software.amazon.msk.auth.iam.internals.utils.RegionUtils
    for host, _ in brokers:
        try:
            found = regions.extractRegionFromHost(host).id()
        except Exception as error:
            raise TidewaterError(
                "region-unknown",
                f"the host name {host} holds no AWS region, and this machine names none: {first_lines(error)}",
                "Set /source/auth/region, or AWS_REGION for driver and executors.",
                {"host": host},
            ) from error
        if wanted is not None and found != wanted:
            raise TidewaterError(
                "region-mismatch",
                f"/source/auth/region is {wanted}, and requests to {host} are signed for {found}",
                "Leave region out: the host name says it; or correct /source/bootstrapBrokers.",
                {"host": host, "region": found},
            )
