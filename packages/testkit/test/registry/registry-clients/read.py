"""python read.py <reading.json>: reads a topic of one partition from its start with Confluent's client, and decodes each
value with the deserializer of its registry's maker. Prints each record as a line of JSON."""

import base64
import json
import sys

import boto3
from aws_schema_registry import KafkaDeserializer, SchemaRegistryClient as GlueClient
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

GIVE_UP_SECONDS = 60


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        reading = json.load(file)
    decode = {"confluent": confluent, "glue": glue}[reading["registry"]["type"]](reading["registry"])
    consumer = Consumer({"bootstrap.servers": reading["brokers"], "group.id": "unused", "enable.auto.commit": False})
    consumer.assign([TopicPartition(reading["topic"], 0, 0)])
    for message in consumer.consume(reading["count"], GIVE_UP_SECONDS):
        if message.error():
            raise SystemExit(str(message.error()))
        headers = message.headers() or []
        record = {
            "value": base64.b64encode(message.value()).decode(),
            "headers": {name: base64.b64encode(value).decode() for name, value in headers},
            "decoded": decode(message),
        }
        print(json.dumps(record), flush=True)
    consumer.close()


def confluent(registry):
    deserializer = AvroDeserializer(SchemaRegistryClient({"url": registry["url"]}))

    def decode(message):
        context = SerializationContext(message.topic(), MessageField.VALUE, message.headers())
        return deserializer(message.value(), context)

    return decode


def glue(registry):
    client = boto3.client("glue", endpoint_url=registry["url"], region_name=registry["region"])
    deserializer = KafkaDeserializer(GlueClient(client, registry["registryName"]))

    def decode(message):
        return deserializer.deserialize(message.topic(), message.value()).data

    return decode


if __name__ == "__main__":
    main()
