"""python produce.py <attempts.json>: runs every attempt in a process of its own, all at once, and prints what became of
each as a line of JSON. Credentials come in the attempt's environment, where boto3 looks for them."""

import base64
import json
import logging
import multiprocessing
import os
import sys
import time

import oauth
from confluent_kafka import KafkaException, Producer

PRODUCED_PER_SECOND = 50


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        attempts = json.load(file)
    # Forked: each process has an environment of its own, and none imports botocore again.
    with multiprocessing.get_context("fork").Pool(len(attempts), maxtasksperchild=1) as pool:
        for outcome in pool.imap_unordered(run, attempts, chunksize=1):
            print(json.dumps(outcome), flush=True)


def run(attempt):
    os.environ.update(attempt["env"])
    oauth.REGION = attempt["region"]
    outcome = {"name": attempt["name"], "produced": 0, "delivered": 0, "failures": [], "errors": []}

    def note(kind, text):
        if text not in outcome[kind]:
            outcome[kind].append(text)

    def delivered(error, message):
        if error is None:
            outcome["delivered"] += 1
        else:
            note("failures", error.str())

    # Some reasons librdkafka tells its log alone.
    log = logging.Logger(attempt["name"])
    log.addHandler(NotingHandler(lambda text: note("errors", text)))
    producer = Producer(
        {
            **connection(attempt),
            "client.id": attempt["name"],
            "enable.idempotence": True,
            # librdkafka connects again for ever, whatever it was told.
            "message.timeout.ms": attempt["messageTimeoutMs"],
            "error_cb": lambda error: note("errors", error.str()),
            "logger": log,
        }
    )

    def produce_all():
        for value in values(attempt):
            producer.produce(attempt["topic"], value, on_delivery=delivered)
            outcome["produced"] += 1
            producer.poll(0)
        producer.flush(attempt["messageTimeoutMs"] / 1000 + 5)

    # An idempotent producer that gets no producer id takes no further record, and a poll tells why.
    for step in (produce_all, lambda: producer.poll(1)):
        try:
            step()
        except (KafkaException, SystemError) as thrown:
            # A fatal error is raised out of whatever the library is at, its calls of the callbacks included.
            note("errors", str(thrown.__cause__ or thrown))
    return outcome


class NotingHandler(logging.Handler):
    def __init__(self, note):
        super().__init__(logging.INFO)
        self.note = note

    def emit(self, record):
        self.note(record.getMessage())


def connection(attempt):
    common = {
        "bootstrap.servers": attempt["bootstrapBrokers"],
        "reconnect.backoff.ms": 500,
        "reconnect.backoff.max.ms": 1000,
    }
    if attempt["tamper"] == "plaintext":
        return common
    trust = {} if attempt["caFile"] is None else {"ssl.ca.location": attempt["caFile"]}
    return {
        **common,
        **trust,
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "OAUTHBEARER",
        "oauth_cb": lambda config: tampered(attempt["tamper"], *oauth.oauth_cb(config)),
    }


def tampered(how, token, expires_at):
    url = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    if how == "signature":
        name = "X-Amz-Signature="
        at = url.index(name) + len(name)
        changed = url[:at] + ("1" if url[at] == "0" else "0") + url[at + 1 :]
    elif how == "host":
        changed = url.replace("https://kafka.", "https://kafka-elsewhere.", 1)
    else:
        return token, expires_at
    return base64.urlsafe_b64encode(changed.encode()).decode().rstrip("="), expires_at


def values(attempt):
    if "records" in attempt:
        yield from (str(index).encode() for index in range(attempt["records"]))
        return
    ends_at = time.monotonic() + attempt["seconds"]
    index = 0
    while time.monotonic() < ends_at:
        yield str(index).encode()
        index += 1
        time.sleep(1 / PRODUCED_PER_SECOND)


if __name__ == "__main__":
    main()
