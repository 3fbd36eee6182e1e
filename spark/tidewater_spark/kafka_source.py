"""The Kafka topic as a streaming source, and what can be asked of it before a stream starts."""

from __future__ import annotations

import json
from typing import Dict, List, Union

from .errors import TidewaterError, cause_chain, first_lines

# Most of the source's time with the consumer's default of 500 went into asking for the offset range after
# each poll: 1.35 µs a record against 0.89 with 20,000, measured on Spark 3.5.7.
DEFAULT_KAFKA_OPTIONS = {"kafka.max.poll.records": "20000"}
BROKER_TIMEOUT_SECONDS = 20
EARLIEST = -2


def source_options(source: dict, partitions: List[int]) -> Dict[str, str]:
    """Options of Spark's Kafka source. partitions: all partitions of the topic."""
    options = {**DEFAULT_KAFKA_OPTIONS, **source["kafkaOptions"]}
    options["kafka.bootstrap.servers"] = source["bootstrapBrokers"]
    options["subscribe"] = source["topic"]
    options["startingOffsets"] = starting_offsets(source["topic"], source["startingOffsets"], partitions)
    options["failOnDataLoss"] = "true" if source["failOnDataLoss"] else "false"
    for key in ("maxOffsetsPerTrigger", "minPartitions"):
        if key in source:
            options[key] = str(source[key])
    return options


def starting_offsets(topic: str, wanted: Union[str, Dict[str, int]], partitions: List[int]) -> str:
    """The value of Spark's option: it wants every partition of the topic, so those not named get the
    earliest offset.
    """
    if isinstance(wanted, str):
        return wanted
    unknown = sorted(int(name) for name in wanted if int(name) not in partitions)
    if unknown:
        raise TidewaterError(
            "partition-not-found",
            f"startingOffsets names partition {', '.join(map(str, unknown))}; topic {topic} has partitions "
            f"0 to {max(partitions)}",
            "Name only partitions the topic has.",
            {"topic": topic, "partitions": unknown},
        )
    return json.dumps(
        {topic: {str(partition): wanted.get(str(partition), EARLIEST) for partition in partitions}}
    )


def topic_partitions(spark, source: dict, timeout_seconds: int = BROKER_TIMEOUT_SECONDS) -> List[int]:
    """Asks the brokers for the topic's partitions, for at most timeout_seconds.

    Raises TidewaterError topic-not-found or broker-unreachable. Spark itself would only find out inside the
    running query, and retries an unreachable broker for minutes.
    """
    jvm = spark._jvm
    properties = jvm.java.util.Properties()
    for key, value in source["kafkaOptions"].items():
        properties.setProperty(key[len("kafka.") :], value)
    timeout_ms = str(timeout_seconds * 1000)
    properties.setProperty("bootstrap.servers", source["bootstrapBrokers"])
    properties.setProperty("request.timeout.ms", timeout_ms)
    properties.setProperty("default.api.timeout.ms", timeout_ms)
    names = jvm.java.util.ArrayList()
    names.add(source["topic"])
    admin = None
    try:
        admin = jvm.org.apache.kafka.clients.admin.AdminClient.create(properties)
        future = admin.describeTopics(names).allTopicNames()
        description = future.get(timeout_seconds, jvm.java.util.concurrent.TimeUnit.SECONDS).get(
            source["topic"]
        )
        return sorted(partition.partition() for partition in description.partitions())
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
    if "TimeoutException" in chain or "No resolvable bootstrap urls" in chain:
        return TidewaterError(
            "broker-unreachable",
            f"no broker at {source['bootstrapBrokers']} answered within {timeout_seconds} seconds",
            "Check that the brokers run, that /source/bootstrapBrokers names their listener, and the network between.",
            details,
        )
    return TidewaterError(
        "broker-unreachable",
        f"asking {source['bootstrapBrokers']} for topic {source['topic']} failed: {first_lines(error)}",
        "Check /source, above all bootstrapBrokers and kafkaOptions.",
        details,
    )


def read_one_value(spark, source: dict, partition: int, offset: int):
    """Reads the value of one record by its coordinates; None for a tombstone. Raises LookupError when it
    has left the topic.
    """
    at = {source["topic"]: {str(partition): offset}}
    until = {source["topic"]: {str(partition): offset + 1}}
    rows = (
        spark.read.format("kafka")
        .options(**{**DEFAULT_KAFKA_OPTIONS, **source["kafkaOptions"]})
        .option("kafka.bootstrap.servers", source["bootstrapBrokers"])
        .option("assign", json.dumps({source["topic"]: [partition]}))
        .option("startingOffsets", json.dumps(at))
        .option("endingOffsets", json.dumps(until))
        .load()
        .select("value")
        .collect()
    )
    if not rows:
        raise LookupError(f"offset {offset} of partition {partition} is gone")
    return rows[0][0]
