"""Tells failures of access to the brokers apart, by what their causes say. Pure."""

from __future__ import annotations

import re
from typing import Optional

from .errors import TidewaterError

_ERRORS = r"org\.apache\.kafka\.common\.errors\."
# The first that fits counts: what the broker or the client library says more exactly comes before the class of
# exception that carries it. The classes are Kafka's by their full names, since Hadoop and the AWS SDK have others.
_KINDS = (
    (
        "too-many-connections",
        re.compile(r"Too many connects"),
        "The brokers took more connections than their quota allows. Wait a moment and start again: the job goes on where "
        "it was; fewer executors, or jobs that start one after the other, open fewer at once.",
    ),
    (
        "session-too-short",
        re.compile(r"Session too short"),
        "The credentials are about to expire: renew them, or give the job a source that renews them by itself, such as an "
        "instance or container role; then start again: the job goes on where it was.",
    ),
    (
        "credentials-unavailable",
        re.compile(r"Failed to find AWS IAM Credentials"),
        "Give driver and executors AWS credentials (environment, instance or container role, web identity), or correct "
        "profile or roleArn of /source/auth and who may assume that role.",
    ),
    (
        "tls-untrusted",
        re.compile(_ERRORS + "SslAuthenticationException"),
        "Check that the brokers' certificate is signed by a CA that is trusted (/source/auth/trustStore names a private "
        "one), has not expired, and bears the host name in /source/bootstrapBrokers.",
    ),
    (
        "authentication-failed",
        re.compile(_ERRORS + r"(\w*AuthenticationException|UnsupportedSaslMechanismException|IllegalSaslState)"),
        "Check whose credentials these are and that they have not expired, the region they sign for "
        "(/source/auth/region, or the one in the brokers' host name), this machine's clock, and that the policy allows "
        "kafka-cluster:Connect.",
    ),
    (
        "authorization-failed",
        re.compile(_ERRORS + r"\w*AuthorizationException"),
        "Allow the job's principal kafka-cluster:Connect on the cluster, kafka-cluster:DescribeTopic and "
        "kafka-cluster:ReadData on the topic, and kafka-cluster:DescribeGroup and kafka-cluster:AlterGroup, without which "
        "MSK grants no ReadData, on the groups spark-kafka-source-*.",
    ),
)


def access_failure(
    chain: str, doing: str, shown: str, details: Optional[dict] = None
) -> Optional[TidewaterError]:
    """The TidewaterError for a failure to get at the brokers; None for any other failure.

    chain: class names and messages of the failure and its causes. doing: what was under way, for the message. shown:
    what the failure says.
    """
    for code, sign, remedy in _KINDS:
        if sign.search(chain):
            return TidewaterError(code, f"{doing} failed: {shown}", remedy, details)
    return None
