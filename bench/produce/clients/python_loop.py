"""The run book's producer: confluent-kafka, one produce() and one poll(0) a record. Prints one JSON line.

python_loop.py BROKERS TOPIC RECORDS WARM_UP SAMPLES_FILE SCHEMA_FILE ENCODE

SAMPLES_FILE holds records as JSON lines: {"record": {...}, "avro": "<base64>"}. With ENCODE "avro" each record is encoded
as the run book does it, with the avro package, with "fastavro" by that; with "none" its bytes are sent as they are.
"""

import base64
import io
import json
import resource
import sys
import time

import confluent_kafka

brokers, topic, records, warm_up, samples_file, schema_file, encode = sys.argv[1:]
records = int(records)
with open(samples_file, encoding="utf-8") as lines:
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
    with open(schema_file, encoding="utf-8") as file:
        schema = file.read()
    if encode == "fastavro":
        import fastavro

        parsed = fastavro.parse_schema(json.loads(schema))

        def encode_fast(index):
            out = io.BytesIO()
            fastavro.schemaless_writer(out, parsed, samples[index % len(samples)]["record"])
            return out.getvalue()

        return encode_fast
    import avro.io
    import avro.schema

    writer = avro.io.DatumWriter(avro.schema.parse(schema))

    def encode_one(index):
        out = io.BytesIO()
        writer.write(samples[index % len(samples)]["record"], avro.io.BinaryEncoder(out))
        return out.getvalue()

    return encode_one


producer = confluent_kafka.Producer(
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


def peak_rss_bytes():
    """getrusage's figure won't do: across exec it keeps that of the process that started this one."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


produce(int(warm_up))
started, cpu = time.perf_counter(), cpu_seconds()
produce(records)
seconds, cpu = time.perf_counter() - started, cpu_seconds() - cpu
if delivered != records + int(warm_up):
    sys.exit(f"{failed} records have failed")
print(
    json.dumps(
        {
            "records": records,
            "seconds": seconds,
            "cpuSeconds": cpu,
            "peakRssBytes": peak_rss_bytes(),
            "client": f"confluent-kafka {confluent_kafka.version()}, librdkafka {confluent_kafka.libversion()[0]}",
        }
    )
)
