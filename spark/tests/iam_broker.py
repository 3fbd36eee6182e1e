"""The tests' side of a local broker that plays MSK with IAM.

TIDEWATER_IAM_BOOTSTRAP_BROKERS names its IAM listener, TIDEWATER_IAM_TRUST_STORE the JKS store with its authority and
TIDEWATER_IAM_TRUST_STORE_PASSWORD_FILE that store's password, TIDEWATER_IAM_REGION the region to sign for,
TIDEWATER_IAM_ACCESS_KEY_ID and TIDEWATER_IAM_SECRET_ACCESS_KEY a user who may do everything, and
TIDEWATER_IAM_CONFIG_FILE the broker's iam.json. The broker reads that again when it changes: so each test makes the
identities it needs.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Iterator, List, Optional

from conftest import Harness, needed

from tidewater_spark.kafka_client import client_options

# The broker looks at its file every 200 ms at most.
CONFIG_PICKED_UP_SECONDS = 0.3
CREDENTIAL_PROPERTIES = ("aws.accessKeyId", "aws.secretAccessKey", "aws.sessionToken")


class Identity:
    """A session of a role, with credentials that end."""

    def __init__(self, arn: str, access_key_id: str, secret_access_key: str, session_token: Optional[str] = None):
        self.arn, self.access_key_id = arn, access_key_id
        self.secret_access_key, self.session_token = secret_access_key, session_token

    def with_secret(self, secret_access_key: str) -> "Identity":
        return Identity(self.arn, self.access_key_id, secret_access_key, self.session_token)

    def environment(self) -> dict:
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token or "",
        }


class IamBroker:
    def __init__(self) -> None:
        self.brokers = needed("TIDEWATER_IAM_BOOTSTRAP_BROKERS", "the IAM listener of a broker, host:port")
        self.region = needed("TIDEWATER_IAM_REGION", "the AWS region the broker expects")
        self.trust_store = {
            "type": "JKS",
            "location": needed("TIDEWATER_IAM_TRUST_STORE", "a JKS store with the broker's authority"),
            "passwordFile": needed("TIDEWATER_IAM_TRUST_STORE_PASSWORD_FILE", "the file with its password"),
        }
        self.admin = Identity(
            "",
            needed("TIDEWATER_IAM_ACCESS_KEY_ID", "the access key of a user who may do everything"),
            needed("TIDEWATER_IAM_SECRET_ACCESS_KEY", "that user's secret access key"),
        )
        self._config = Path(needed("TIDEWATER_IAM_CONFIG_FILE", "the broker's iam.json"))

    def auth(self, **fields) -> dict:
        return {"type": "mskIam", "region": self.region, "trustStore": self.trust_store, **fields}

    def resource(self, kind: str, name: str = "") -> str:
        """The ARN of a cluster, topic or group of this broker's cluster."""
        cluster = self._read()["clusterArn"]
        return cluster.replace(":cluster/", f":{kind}/") + (f"/{name}" if name else "")

    def new_identity(self, statements: List[tuple], seconds: int = 3600) -> Identity:
        """Temporary credentials. statements: pairs of actions, without their service, and a resource."""
        token = uuid.uuid4().hex
        account = self._read()["clusterArn"].split(":")[4]
        identity = Identity(
            f"arn:aws:sts::{account}:assumed-role/spark/{token[:8]}",
            f"ASIA{token[:16].upper()}",
            f"secret/{token}",
            f"session+token/{token}==",
        )
        policy = [
            {"Effect": "Allow", "Action": [f"kafka-cluster:{action}" for action in actions], "Resource": resource}
            for actions, resource in statements
        ]
        added = {
            "arn": identity.arn,
            "accessKeyId": identity.access_key_id,
            "secretAccessKey": identity.secret_access_key,
            "sessionToken": identity.session_token,
            "expiresAt": (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "policies": [{"Version": "2012-10-17", "Statement": policy}],
        }
        document = self._read()
        self._write({**document, "identities": [*document["identities"], added]})
        return identity

    @contextmanager
    def configured(self, **fields) -> Iterator[None]:
        """Changes settings of the broker for a while."""
        before = {name: self._read()[name] for name in fields}
        self._write({**self._read(), **fields})
        try:
            yield
        finally:
            self._write({**self._read(), **before})

    def decisions(self, principal: str) -> List[dict]:
        log = Path(self._read()["decisionLogFile"]).read_text()
        whole = [json.loads(line) for line in log.splitlines(keepends=True) if line.endswith("\n")]
        return [item for item in whole if item.get("principal") == principal]

    def _read(self) -> dict:
        return json.loads(self._config.read_text())

    def _write(self, document: dict) -> None:
        new = self._config.with_name(f"{self._config.name}.{os.getpid()}")
        new.touch(mode=0o600)
        new.write_text(json.dumps(document, indent=2) + "\n")
        new.rename(self._config)
        time.sleep(CONFIG_PICKED_UP_SECONDS)


class IamHarness(Harness):
    """A harness whose topic is reached through the IAM listener; its own clients are the one who may do everything."""

    def __init__(self, spark, catalog: dict, iam: IamBroker, folder: Path):
        super().__init__(spark, catalog, iam.brokers, folder)
        self.iam = iam

    def client_properties(self):
        source = {"auth": self.iam.auth(), "kafkaOptions": {}, "bootstrapBrokers": self.brokers}
        properties = super().client_properties()
        for key, value in client_options(self.spark, source).items():
            properties.setProperty(key[len("kafka.") :], value)
        return properties

    def document(self, **sections) -> dict:
        source = {"auth": self.iam.auth(), **sections.pop("source", {})}
        return super().document(source=source, **sections)

    def run_as(self, identity: Optional[Identity], **arguments) -> dict:
        with acting_as(self.spark, identity):
            return self.run(**arguments)


def acting_as(spark, identity: Optional[Identity]):
    """Gives the JVM's AWS SDK the identity's credentials for a while, None for no credentials at all."""
    values = (None,) * 3
    if identity is not None:
        values = (identity.access_key_id, identity.secret_access_key, identity.session_token)
    return system_properties(spark, dict(zip(CREDENTIAL_PROPERTIES, values)))


@contextmanager
def system_properties(spark, properties: dict) -> Iterator[None]:
    """Sets the JVM's system properties for a while; None clears one."""
    system = spark._jvm.java.lang.System
    before = {name: system.getProperty(name) for name in properties}
    _set_properties(system, properties)
    try:
        yield
    finally:
        _set_properties(system, before)


def _set_properties(system, properties: dict) -> None:
    for name, value in properties.items():
        if value is None:
            system.clearProperty(name)
        else:
            system.setProperty(name, value)
