"""Starts the Spark session a document asks for; master, jars and memory come from Spark's own
configuration.
"""

from __future__ import annotations

import os
import subprocess
import sys

from .errors import TidewaterError, first_lines

ICEBERG_EXTENSIONS = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
ICEBERG_CATALOG = "org.apache.iceberg.spark.SparkCatalog"
GLUE_CATALOG = "org.apache.iceberg.aws.glue.GlueCatalog"
S3_FILE_IO = "org.apache.iceberg.aws.s3.S3FileIO"
# S3 throttles a new prefix before it splits it; Iceberg's own 5 tries last a few seconds.
GLUE_DEFAULTS = {"s3.retry.num-retries": "32"}
STOP_TIMEOUT_SECONDS = 60
JVM_EXIT_TIMEOUT_SECONDS = 20
# The socket closes a moment before the process can be waited for.
JVM_DEATH_TIMEOUT_SECONDS = 2


def avro_limit_properties(max_value_bytes: int, max_collection_items: int) -> dict:
    """System properties that bound what Avro allocates for a length or count it reads
    (org.apache.avro.SystemLimitException).

    Without them a corrupt length makes the decoder allocate up to 2 GiB: an OutOfMemoryError, which ends the
    executor, is none of the errors Spark's PERMISSIVE mode turns into a null.
    """
    return {
        "org.apache.avro.limits.bytes.maxLength": str(max_value_bytes),
        "org.apache.avro.limits.string.maxLength": str(max_value_bytes),
        "org.apache.avro.limits.collectionItems.maxLength": str(max_collection_items),
    }


def catalog_conf(catalog: dict) -> dict:
    """Spark keys of a catalog object of the document."""
    properties = _glue_properties(catalog) if catalog["type"] == "glue" else {"type": catalog["type"]}
    prefix = f"spark.sql.catalog.{catalog['name']}"
    conf = {prefix: ICEBERG_CATALOG, f"{prefix}.warehouse": catalog["warehouse"]}
    return {**conf, **{f"{prefix}.{key}": value for key, value in properties.items()}}


def _glue_properties(catalog: dict) -> dict:
    # By class, since `type` knows glue only from Iceberg 1.5 on.
    properties = {"catalog-impl": GLUE_CATALOG, "io-impl": S3_FILE_IO, **GLUE_DEFAULTS}
    if "region" in catalog:
        properties["client.region"] = catalog["region"]
    if "endpoint" in catalog:
        endpoint = catalog["endpoint"]
        properties.update({"glue.endpoint": endpoint, "s3.endpoint": endpoint, "s3.path-style-access": "true"})
    return {**properties, **catalog.get("properties", {})}


def start_session(app_name: str, catalog: dict, jvm_properties: dict):
    """Starts or joins the Spark session.

    jvm_properties: system properties for the JVM of the driver, and of executors through
    spark.executor.extraJavaOptions. Raises TidewaterError session-failed, mostly for jars that are not there.
    """
    # Without PYSPARK_PYTHON the workers run whatever `python3` is on the path, which may be another version
    # than the driver's and is then refused at the first Python function. Under spark-submit the cluster's own
    # setting stands.
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    try:
        # Launches the JVM without a context, so that spark-defaults.conf can be read before the context fixes
        # it.
        SparkContext._ensure_initialized()
        jvm = SparkContext._jvm
        for key, value in jvm_properties.items():
            jvm.java.lang.System.setProperty(key, value)
        defaults = SparkConf()
        builder = SparkSession.builder.appName(app_name)
        for key, value in _conf(defaults, catalog, jvm_properties).items():
            builder = builder.config(key, value)
        spark = builder.getOrCreate()
        glue = (GLUE_CATALOG, S3_FILE_IO) if catalog["type"] == "glue" else ()
        for name in (ICEBERG_EXTENSIONS, ICEBERG_CATALOG, *glue):
            jvm.org.apache.spark.util.Utils.classForName(name, True, False)
    except Exception as error:
        raise TidewaterError(
            "session-failed",
            f"Spark did not start: {first_lines(error)}",
            "Check that JAVA_HOME is a Java Spark 3.5 runs on (17 to 22), and that spark.jars names iceberg-spark-runtime, "
            "spark-sql-kafka, spark-avro and their dependencies, with a Glue catalog also iceberg-aws-bundle; the log on standard error has the rest.",
        ) from error
    _check_limits_hold(jvm, jvm_properties)
    return spark


def _conf(defaults, catalog: dict, jvm_properties: dict) -> dict:
    extensions = [name for name in defaults.get("spark.sql.extensions", "").split(",") if name]
    if ICEBERG_EXTENSIONS not in extensions:
        extensions.append(ICEBERG_EXTENSIONS)
    java_options = [defaults.get("spark.executor.extraJavaOptions", "")]
    java_options += [f"-D{key}={value}" for key, value in jvm_properties.items()]
    return {
        "spark.sql.extensions": ",".join(extensions),
        "spark.sql.session.timeZone": "UTC",
        "spark.executor.extraJavaOptions": " ".join(option for option in java_options if option),
        # Spark's default waits for ever for a stream thread that does not end.
        "spark.sql.streaming.stopTimeout": f"{STOP_TIMEOUT_SECONDS}s",
        **catalog_conf(catalog),
    }


def _check_limits_hold(jvm, jvm_properties: dict) -> None:
    limit = jvm_properties.get("org.apache.avro.limits.bytes.maxLength")
    if limit is None:
        return
    # Avro reads the properties once, when the class loads: anything that decoded Avro before would leave its
    # own limits.
    try:
        jvm.org.apache.avro.SystemLimitException.checkMaxBytesLength(int(limit) + 1)
    except Exception:
        return
    raise TidewaterError(
        "session-failed",
        f"Avro in this JVM does not honour the limit of {limit} bytes",
        "Run one job per driver, with Avro 1.11.3 or newer on the class path.",
    )


def jvm_has_ended(error: Exception) -> bool:
    """Whether an error of a call into the JVM comes from the JVM's end. Py4J's own error for that says
    nothing of it.
    """
    from pyspark import SparkContext

    process = getattr(SparkContext._gateway, "proc", None)
    if process is None:
        return isinstance(error, ConnectionError)
    try:
        process.wait(timeout=JVM_DEATH_TIMEOUT_SECONDS)
        return True
    except subprocess.TimeoutExpired:
        return False


def end_session(spark) -> None:
    """Stops Spark and waits for the JVM this process launched, so that nothing outlives the entry point."""
    from pyspark import SparkContext

    if spark is not None:
        try:
            spark.stop()
        except (
            Exception
        ) as error:  # a JVM that has ended can't be asked to stop; what failed is already reported
            print(f"stopping Spark failed: {first_lines(error)}", file=sys.stderr)
    gateway = SparkContext._gateway
    process = getattr(gateway, "proc", None)
    if process is None:
        return
    gateway.shutdown()
    # The JVM ends at the end of its standard input.
    process.stdin.close()
    try:
        process.wait(timeout=JVM_EXIT_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
