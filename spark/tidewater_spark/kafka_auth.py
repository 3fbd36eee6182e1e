"""Kafka client settings that stand for a job's source.auth. Pure; keys have Spark's prefix `kafka.`."""

from __future__ import annotations

from typing import Dict, Optional

MSK_IAM = "mskIam"
LOGIN_MODULE = "software.amazon.msk.auth.iam.IAMLoginModule"
# What the library reads the login module's line with.
LOGIN_OPTIONS_READER = "software.amazon.msk.auth.iam.internals.MSKCredentialProvider$ProviderBuilder"
CALLBACK_HANDLER = "software.amazon.msk.auth.iam.IAMClientCallbackHandler"
# MSK closes what exceeds 100 new connections a second and broker with "Too many connects"; the client library's
# own advice is to wait a second at least. Kafka's defaults, 50 ms and 1 s, come back too soon.
MIN_RECONNECT_BACKOFF_MS = 1000
MAX_RECONNECT_BACKOFF_MS = 10000

# What identifies the job, by the name the login module has for it.
_LOGIN_OPTIONS = (
    ("profile", "awsProfileName"),
    ("roleArn", "awsRoleArn"),
    ("roleSessionName", "awsRoleSessionName"),
    ("roleExternalId", "awsRoleExternalId"),
    ("stsRegion", "awsStsRegion"),
)


def auth_defaults(auth: dict) -> Dict[str, str]:
    """Settings that suit this way of authentication and that kafkaOptions may change."""
    if auth["type"] != MSK_IAM:
        return {}
    return {
        "kafka.reconnect.backoff.ms": str(MIN_RECONNECT_BACKOFF_MS),
        "kafka.reconnect.backoff.max.ms": str(MAX_RECONNECT_BACKOFF_MS),
    }


def auth_options(auth: dict, trusted_certificates: Optional[str]) -> Dict[str, str]:
    """Settings that belong to auth alone. trusted_certificates: PEM; None trusts what the JVM trusts."""
    if auth["type"] != MSK_IAM:
        return {}
    options = {
        "kafka.security.protocol": "SASL_SSL",
        "kafka.sasl.mechanism": "AWS_MSK_IAM",
        "kafka.sasl.jaas.config": jaas_config(auth),
        "kafka.sasl.client.callback.handler.class": CALLBACK_HANDLER,
    }
    if trusted_certificates is not None:
        # As text, not as a file: executors then need neither the file nor its password.
        options["kafka.ssl.truststore.type"] = "PEM"
        options["kafka.ssl.truststore.certificates"] = trusted_certificates
    return options


def jaas_config(auth: dict) -> str:
    """The login module's line. Never with a key: credentials come from the AWS SDK's providers."""
    named = [(theirs, auth[ours]) for ours, theirs in _LOGIN_OPTIONS if ours in auth]
    if named:
        # The library would otherwise go on to whatever credentials it finds when the profile is not there or the
        # role may not be assumed, and the job would run as somebody else. Before 2.3.4 it takes no notice of this.
        named.append(("awsAddDefaultProviders", "false"))
    return " ".join([LOGIN_MODULE, "required", *(f"{name}={_quoted(value)}" for name, value in named)]) + ";"


def _quoted(value: str) -> str:
    # Kafka reads the line with java.io.StreamTokenizer, which takes the backslash for an escape within quotes and
    # ends a quoted string at a line end; the schema lets no control character through.
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def region_properties(auth: dict) -> Dict[str, str]:
    """System properties for driver and executors.

    The client library takes the region from the broker's host name and, where that holds none, from the AWS SDK's
    chain, which begins with this property; it has no setting of its own.
    """
    return {"aws.region": auth["region"]} if "region" in auth else {}
