"""The run book's producer: confluent-kafka, one produce() and one poll(0) a record. Prints one JSON line.

python_loop.py BROKERS TOPIC RECORDS PAYLOADS_FILE SCHEMA_FILE ENCODE

PAYLOADS_FILE holds records as JSON lines: {"record": {...}, "avro": "<base64>"}. With ENCODE "avro" each record is encoded
as the run book does it, with the avro package; with "none" its bytes are sent as they are.
"""

import base64
import io
import json
import resource
import sys
import time

from confluent_kafka import Producer

brokers, topic, records, payloads_file, schema_file, encode = sys.argv[1:]
records = int(records)
with open(payloads_file, encoding="utf-8") as lines:
    samples = [json.loads(line) for line in lines]
payloads = [base64.b64decode(sample["avro"]) for sample in samples]

failed = 0
delivered = 0


def on_delivery(error, _message):
    global failed, delivered
    if error is None:
        delivered += 1
    else:
        failed += 1


def encoder():
    if encode == "none":
        return lambda index: payloads[index % len(payloads)]
    import avro.io
    import avro.schema

    with open(schema_file, encoding="utf-8") as file:
        writer = avro.io.DatumWriter(avro.schema.parse(file.read()))

    def encode_one(index):
        out = io.BytesIO()
        writer.write(samples[index % len(samples)]["record"], avro.io.BinaryEncoder(out))
        return out.getvalue()

    return encode_one


producer = Producer(
    {
        "bootstrap.servers": brokers,
        "compression.type": "snappy",
        "acks": 1,
        "linger.ms": 5,
        "queue.buffering.max.messages": 1000000,
    }
)
payload_of = encoder()


def produce(count):
    for index in range(count):
        while True:
            try:
                producer.produce(topic, payload_of(index), on_delivery=on_delivery)
                break
            except BufferError:
                producer.poll(0.05)
        producer.poll(0)
    producer.flush()


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


produce(max(1, records // 10))
delivered = 0
started, cpu = time.perf_counter(), cpu_seconds()
produce(records)
print(
    json.dumps(
        {
            "records": records,
            "delivered": delivered,
            "failed": failed,
            "seconds": time.perf_counter() - started,
            "cpuSeconds": cpu_seconds() - cpu,
            "peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
    )
)
