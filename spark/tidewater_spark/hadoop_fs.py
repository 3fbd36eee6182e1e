"""Files through Hadoop's file systems, so that s3:// and file paths work alike."""

from __future__ import annotations

from typing import Optional

from .errors import TidewaterError, cause_chain, first_lines


def modified_at_ms(spark, location: str) -> Optional[int]:
    """Modification time of a file in Unix milliseconds, None when there is none."""
    file_system, path = _open(spark, location)
    try:
        return file_system.getFileStatus(path).getModificationTime()
    except Exception as error:
        if "java.io.FileNotFoundException" in cause_chain(error):
            return None
        raise


def make_folder(spark, location: str) -> None:
    """Creates a folder and its parents. Raises TidewaterError checkpoint-not-writable."""
    try:
        file_system, path = _open(spark, location)
        made = file_system.mkdirs(path)
        reason = "the file system refused"
    except Exception as error:
        made, reason = False, first_lines(error)
    if not made:
        raise TidewaterError(
            "checkpoint-not-writable",
            f"folder {location} can't be created: {reason}",
            "Give /checkpointLocation a folder this job may write.",
            {"location": location},
        )


def _open(spark, location: str):
    path = spark._jvm.org.apache.hadoop.fs.Path(location)
    return path.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf()), path
