"""The Kafka topic as a streaming source, and what can be asked of it before a stream starts."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Optional

from .errors import TidewaterError, cause_chain, first_lines
from .kafka_client import client_options
from .kafka_failure import access_failure

BROKER_TIMEOUT_SECONDS = 20
EARLIEST = -2


def source_options(
    client: Dict[str, str], source: dict, partitions: List[int], starts: Dict[str, int]
) -> Dict[str, str]:
    """Options of Spark's Kafka source. client: what client_options returns. partitions: all partitions of the
    topic. starts: the first offset by partition, for a query that has not begun.

    Spark wants every partition named; one that starts does not know was added later and is read whole.
    """
    options = {**client, "subscribe": source["topic"]}
    by_partition = {str(partition): starts.get(str(partition), EARLIEST) for partition in partitions}
    options["startingOffsets"] = json.dumps({source["topic"]: by_partition})
    options["failOnDataLoss"] = "true" if source["failOnDataLoss"] else "false"
    for key in ("maxOffsetsPerTrigger", "minPartitions"):
        if key in source:
            options[key] = str(source[key])
    return options


def range_options(
    client: Dict[str, str], source: dict, starts: Dict[str, int], ends: Dict[str, int]
) -> Optional[Dict[str, str]]:
    """Options that read a range of offsets by partition, ends exclusive, from the source as a table. A partition that starts
    does not name is read from its earliest. None when the range holds no offset.
    """
    wanted = {key: starts.get(key, EARLIEST) for key, end in ends.items() if max(starts.get(key, 0), 0) < end}
    if not wanted:
        return None
    topic = source["topic"]
    options = {
        **client,
        "assign": json.dumps({topic: sorted(int(key) for key in wanted)}),
        "startingOffsets": json.dumps({topic: wanted}),
        "endingOffsets": json.dumps({topic: {key: ends[key] for key in wanted}}),
        "failOnDataLoss": "true" if source["failOnDataLoss"] else "false",
    }
    if "minPartitions" in source:
        options["minPartitions"] = str(source["minPartitions"])
    return options


def check_partitions(source: dict, partitions: List[int]) -> None:
    """Raises TidewaterError partition-not-found when startingOffsets names a partition the topic lacks."""
    topic, wanted = source["topic"], source["startingOffsets"]
    unknown = [] if isinstance(wanted, str) else sorted(int(p) for p in wanted if int(p) not in partitions)
    if unknown:
        raise TidewaterError(
            "partition-not-found",
            f"startingOffsets names partition {', '.join(map(str, unknown))}; topic {topic} has partitions "
            f"0 to {max(partitions)}",
            "Name only partitions the topic has.",
            {"topic": topic, "partitions": unknown},
        )


def resolved_offsets(
    spark, source: dict, partitions: List[int], timeout_seconds: int = BROKER_TIMEOUT_SECONDS
) -> Dict[str, int]:
    """What startingOffsets means now: the first offset to read, by partition; one it does not name begins at
    its earliest.

    Left to Spark, each query would resolve `latest` for itself, and what arrives between the two would be
    seen by one of them alone. Raises TidewaterError broker-unreachable, or what access_failure tells apart.
    """
    wanted = source["startingOffsets"]
    explicit = {} if isinstance(wanted, str) else wanted
    jvm = spark._jvm
    admin_package = jvm.org.apache.kafka.clients.admin
    spec = admin_package.OffsetSpec.latest() if wanted == "latest" else admin_package.OffsetSpec.earliest()
    asked = jvm.java.util.HashMap()
    for partition in partitions:
        if str(partition) not in explicit:
            asked.put(jvm.org.apache.kafka.common.TopicPartition(source["topic"], partition), spec)
    # Of an open transaction, a consumer that reads committed records alone has not yet passed anything.
    levels = jvm.org.apache.kafka.common.IsolationLevel
    committed = source["kafkaOptions"].get("kafka.isolation.level") == "read_committed"
    options = admin_package.ListOffsetsOptions(
        levels.READ_COMMITTED if committed else levels.READ_UNCOMMITTED
    )

    def ask(admin) -> Dict[str, int]:
        future = admin.listOffsets(asked, options).all()
        found = future.get(timeout_seconds, jvm.java.util.concurrent.TimeUnit.SECONDS)
        return {str(entry.getKey().partition()): entry.getValue().offset() for entry in found.entrySet()}

    return {**_asked(spark, source, timeout_seconds, ask), **explicit}


def topic_partitions(spark, source: dict, timeout_seconds: int = BROKER_TIMEOUT_SECONDS) -> List[int]:
    """Asks the brokers for the topic's partitions, for at most timeout_seconds.

    Raises TidewaterError topic-not-found, broker-unreachable, or what access_failure tells apart. Spark itself
    would only find out inside the running query, and retries an unreachable broker for minutes.
    """
    jvm = spark._jvm
    names = jvm.java.util.ArrayList()
    names.add(source["topic"])

    def ask(admin) -> List[int]:
        future = admin.describeTopics(names).allTopicNames()
        found = future.get(timeout_seconds, jvm.java.util.concurrent.TimeUnit.SECONDS)
        return sorted(partition.partition() for partition in found.get(source["topic"]).partitions())

    return _asked(spark, source, timeout_seconds, ask)


def _asked(spark, source: dict, timeout_seconds: int, ask: Callable[[Any], Any]) -> Any:
    jvm = spark._jvm
    admin_package = jvm.org.apache.kafka.clients.admin
    known = admin_package.AdminClientConfig.configNames()
    properties = jvm.java.util.Properties()
    for key, value in client_options(spark, source).items():
        # What only consumers have would be a warning in the log.
        if known.contains(key[len("kafka.") :]):
            properties.setProperty(key[len("kafka.") :], value)
    timeout_ms = str(timeout_seconds * 1000)
    properties.setProperty("request.timeout.ms", timeout_ms)
    properties.setProperty("default.api.timeout.ms", timeout_ms)
    admin = None
    try:
        admin = admin_package.AdminClient.create(properties)
        return ask(admin)
    except Exception as error:
        raise _typed(error, source, timeout_seconds) from error
    finally:
        if admin is not None:
            admin.close(jvm.java.time.Duration.ofSeconds(1))


def _typed(error: Exception, source: dict, timeout_seconds: int) -> TidewaterError:
    chain = cause_chain(error)
    details = {"topic": source["topic"], "bootstrapBrokers": source["bootstrapBrokers"]}
    if "UnknownTopicOrPartitionException" in chain:
        return TidewaterError(
            "topic-not-found",
            f"topic {source['topic']} does not exist on {source['bootstrapBrokers']}",
            "Create the topic, or correct /source/topic.",
            details,
        )
    asking = f"asking {source['bootstrapBrokers']} for topic {source['topic']}"
    refused = access_failure(chain, asking, first_lines(error), details)
    if refused is not None:
        return refused
    if "TimeoutException" in chain or "No resolvable bootstrap urls" in chain:
        return TidewaterError(
            "broker-unreachable",
            f"no broker at {source['bootstrapBrokers']} answered within {timeout_seconds} seconds",
            "Check that the brokers run, that /source/bootstrapBrokers names their listener, and the network between.",
            details,
        )
    return TidewaterError(
        "broker-unreachable",
        f"{asking} failed: {first_lines(error)}",
        "Check /source, above all bootstrapBrokers and kafkaOptions.",
        details,
    )


def read_one_value(spark, source: dict, partition: int, offset: int):
    """Reads the value of one record by its coordinates; None for a tombstone. Raises LookupError when it
    has left the topic.
    """
    at, until = {str(partition): offset}, {str(partition): offset + 1}
    options = range_options(client_options(spark, source), source, at, until) or {}
    rows = spark.read.format("kafka").options(**options).load().select("value").collect()
    if not rows:
        raise LookupError(f"offset {offset} of partition {partition} is gone")
    return rows[0][0]
