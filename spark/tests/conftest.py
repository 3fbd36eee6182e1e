"""Fixtures that run the real parts: one Spark session for the whole run, and topics on a real broker.

TIDEWATER_SPARK_JARS names the folders with the jars (as PATH does), TIDEWATER_BOOTSTRAP_BROKERS the broker (host:port). With
TIDEWATER_SPARK_ARCHIVE (an archive of classes) and TIDEWATER_SPARK_CONF_FOLDER (the empty folder it is bound to) Spark starts faster. iam_broker.py says what the tests against MSK IAM need besides. A test that needs one of them fails when it is absent.

The configuration here repeats what packages/testkit writes for a job (src/spark/spark-files.ts), on purpose: these tests
must run where there is Python alone, and short runs want another JVM and quieter logs than a job does.
"""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

import pytest

from tidewater_spark.document import validate

NOW_SECONDS = 1_800_000_000.0
CATALOG_NAME = "local"


def needed(variable: str, meaning: str) -> str:
    value = os.environ.get(variable)
    if not value:
        pytest.fail(f"{variable} is not set: it must name {meaning}", pytrace=False)
    return value


def extra_jars() -> list:
    """What TIDEWATER_SPARK_JARS holds: the connectors and the compiled decoder."""
    folders = needed("TIDEWATER_SPARK_JARS", "the folders with Spark's connector jars and the decoder's")
    jars = sorted(jar for folder in folders.split(os.pathsep) for jar in Path(folder).glob("*.jar"))
    for part in ("iceberg-spark-runtime", "tidewater-avro-spark"):
        if not any(part in jar.name for jar in jars):
            pytest.fail(f"TIDEWATER_SPARK_JARS={folders} holds no {part} jar", pytrace=False)
    return jars


@pytest.fixture(scope="session")
def spark_conf_dir(tmp_path_factory) -> Path:
    """What comes from outside the project's code: master, jars, memory, log settings."""
    extra_jars()
    conf = tmp_path_factory.mktemp("spark-conf")
    lines = {
        "spark.master": "local[2]",
        "spark.driver.memory": "768m",
        # Short runs: time goes into starting and compiling, not into compiled code.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(tmp_path_factory.mktemp("spark-local")),
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("spark-warehouse")),
    }
    (conf / "spark-defaults.conf").write_text("".join(f"{key} {value}\n" for key, value in lines.items()))
    (conf / "log4j2.properties").write_text(
        "rootLogger.level = error\nrootLogger.appenderRef.stderr.ref = stderr\nappender.console.type = Console\n"
        "appender.console.name = stderr\nappender.console.target = SYSTEM_ERR\nappender.console.layout.type = PatternLayout\n"
        "appender.console.layout.pattern = %d %p %c{1}: %m%n\n"
    )
    return conf


def spark_variables(conf_dir: Path) -> dict:
    """Environment of a process that starts Spark with what is in the folder."""
    # The folder that SPARK_CONF_DIR names is on the class path, and an archive of classes is bound to that.
    archive = os.environ.get("TIDEWATER_SPARK_ARCHIVE")
    sharing = ["-Xshare:auto", f"-XX:SharedArchiveFile={archive}", "-Xlog:disable", "-Xlog:all=error:stderr"]
    options = [f"-Dlog4j2.configurationFile={conf_dir}/log4j2.properties", *(sharing if archive else [])]
    folders = os.environ["TIDEWATER_SPARK_JARS"].split(os.pathsep)
    return {
        "SPARK_CONF_DIR": os.environ.get("TIDEWATER_SPARK_CONF_FOLDER", str(conf_dir)),
        "SPARK_DIST_CLASSPATH": os.pathsep.join(f"{folder}/*" for folder in folders),
        "SPARK_SUBMIT_OPTS": " ".join(options),
        "PYSPARK_SUBMIT_ARGS": f"--properties-file {conf_dir}/spark-defaults.conf pyspark-shell",
    }


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory) -> str:
    return str(tmp_path_factory.mktemp("warehouse"))


@pytest.fixture(scope="session")
def catalog(warehouse) -> dict:
    return {"name": CATALOG_NAME, "type": "hadoop", "warehouse": warehouse}


@pytest.fixture(scope="session")
def brokers() -> str:
    return needed("TIDEWATER_BOOTSTRAP_BROKERS", "a Kafka broker, host:port")


@pytest.fixture(scope="session")
def spark(spark_conf_dir, catalog):
    from tidewater_spark.session import avro_limit_properties, end_session, start_session

    os.environ.update(spark_variables(spark_conf_dir))
    # The JVM's environment is what the AWS SDK asks first: the tests say who they are by system properties.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    limits = validate("job", job_document(catalog, "127.0.0.1:9092", "t", "t", "/c"), NOW_SECONDS)["decoding"]
    session = start_session(
        "tests", catalog, avro_limit_properties(limits["maxValueBytes"], limits["maxCollectionItems"])
    )
    yield session
    end_session(session)


EVENT_SCHEMA = {
    "type": "record",
    "name": "Event",
    "namespace": "tests",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "name", "type": "string"},
        {"name": "note", "type": ["null", "string"], "default": None},
    ],
}


def job_document(
    catalog: dict, brokers: str, topic: str, table_name: str, checkpoint: str, **sections
) -> dict:
    """A job in the trigger availableNow; sections are merged into the document's objects of that name."""
    document = {
        "version": 1,
        "name": f"job-{table_name}",
        "source": {"bootstrapBrokers": brokers, "topic": topic, "auth": {"type": "none"}},
        "decoding": {"schema": EVENT_SCHEMA},
        "table": {"catalog": catalog, "namespace": "db", "name": table_name},
        "trigger": {"type": "availableNow"},
        "checkpointLocation": checkpoint,
    }
    for name, fields in sections.items():
        document[name] = {**document.get(name, {}), **fields} if name != "trigger" else fields
    return json.loads(json.dumps(document))


_numbers = itertools.count()


class Harness:
    """One topic, table and checkpoint of a test, and the job between them."""

    def __init__(self, spark, catalog: dict, brokers: str, folder: Path):
        number = next(_numbers)
        self.spark, self.catalog, self.brokers = spark, catalog, brokers
        self.topic = f"spark-test-{os.getpid()}-{number}"
        self.name = f"t{number}"
        self.table = f"{CATALOG_NAME}.db.{self.name}"
        self.dead_letters = f"{self.table}_dead_letters"
        self.checkpoint = folder / "checkpoint"
        self.events: list = []

    def client_properties(self):
        """What the tests' own Kafka clients need to get in."""
        properties = self.spark._jvm.java.util.Properties()
        properties.setProperty("bootstrap.servers", self.brokers)
        return properties

    def admin(self):
        properties = self.client_properties()
        return self.spark._jvm.org.apache.kafka.clients.admin.AdminClient.create(properties)

    def create_topic(self, partitions: int = 2) -> None:
        jvm = self.spark._jvm
        topics = jvm.java.util.ArrayList()
        topics.add(jvm.org.apache.kafka.clients.admin.NewTopic(self.topic, partitions, 1))
        admin = self.admin()
        admin.createTopics(topics).all().get(30, jvm.java.util.concurrent.TimeUnit.SECONDS)
        admin.close()

    def delete_topic(self) -> None:
        jvm = self.spark._jvm
        topics = jvm.java.util.ArrayList()
        topics.add(self.topic)
        admin = self.admin()
        try:
            admin.deleteTopics(topics).all().get(30, jvm.java.util.concurrent.TimeUnit.SECONDS)
        except Exception as error:
            if "UnknownTopicOrPartition" not in str(error):
                raise
        finally:
            admin.close()

    def produce(self, values: list, partition: int = 0) -> None:
        """Appends values (bytes, or None for a tombstone) to one partition, in order."""
        jvm = self.spark._jvm
        properties = self.client_properties()
        properties.setProperty("acks", "all")
        serializer = jvm.org.apache.kafka.common.serialization.ByteArraySerializer
        producer = jvm.org.apache.kafka.clients.producer.KafkaProducer(properties, serializer(), serializer())
        record = jvm.org.apache.kafka.clients.producer.ProducerRecord
        try:
            for value in values:
                payload = None if value is None else bytearray(value)
                producer.send(record(self.topic, partition, bytearray(b"key"), payload))
        finally:
            producer.close()

    def document(self, **sections) -> dict:
        return job_document(
            self.catalog, self.brokers, self.topic, self.name, str(self.checkpoint), **sections
        )

    def run(self, requests=None, on_event=None, **sections) -> dict:
        """Runs the job in this process and returns its last event; a TidewaterError goes to the caller."""
        from tidewater_spark.kafka_to_iceberg import run_job
        from tidewater_spark.stop import StopRequests

        self.events = []

        def emit(event, **fields):
            self.events.append({"event": event, **fields})
            if on_event is not None:
                on_event(event, fields)

        job = validate("job", self.document(**sections), NOW_SECONDS)
        run_job(self.spark, job, emit, requests or StopRequests())
        return self.events[-1]

    def rows(self, table=None, order="_kafka_partition, _kafka_offset") -> list:
        return [
            row.asDict(True)
            for row in self.spark.sql(f"SELECT * FROM {table or self.table} ORDER BY {order}").collect()
        ]

    def coordinates(self, table=None) -> list:
        return [(row["_kafka_partition"], row["_kafka_offset"]) for row in self.rows(table)]


@pytest.fixture()
def harness(spark, catalog, brokers, tmp_path):
    it = Harness(spark, catalog, brokers, tmp_path)
    yield it
    it.delete_topic()
