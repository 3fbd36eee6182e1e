"""The compiled decoder's jar: on the class path, or beside this package in the zip that brings it to a cluster."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from typing import Optional

DECODER_CLASS = "tidewater.avro.AvroRecords"
DECODER_JAR = "tidewater-avro-spark-3.5_2.12.jar"


def load_decoder(spark) -> bool:
    """Whether Spark has the decoder's classes; from the zip they are added to the session, on driver and executors.

    spark.jars would do the same, but a setting of a job replaces what the cluster's own defaults name there.
    """
    if _is_there(spark):
        return True
    jar = packaged_jar()
    if jar is None:
        return False
    # Executors fetch it from the driver, which reads it for as long as it lives.
    folder = tempfile.mkdtemp(prefix="tidewater-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = os.path.join(folder, DECODER_JAR)
    with open(path, "wb") as file:
        file.write(jar)
    spark._jsparkSession.sessionState().resourceLoader().addJar(path)
    return _is_there(spark)


def packaged_jar() -> Optional[bytes]:
    """The jar's bytes, None when this package came without it."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        return __loader__.get_data(os.path.join(root, DECODER_JAR))  # type: ignore[name-defined]
    except OSError:
        return None


def _is_there(spark) -> bool:
    try:
        spark._jvm.org.apache.spark.util.Utils.classForName(DECODER_CLASS, True, False)
        return True
    except Exception:
        return False
