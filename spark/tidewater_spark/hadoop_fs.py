"""Files through Hadoop's file systems, so that s3:// and file paths work alike."""

from __future__ import annotations

from typing import List, Optional

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


def names_in(spark, folder: str) -> List[str]:
    """Names of what a folder holds; none when it is not there."""
    file_system, path = _open(spark, folder)
    try:
        return [status.getPath().getName() for status in file_system.listStatus(path)]
    except Exception as error:
        if "java.io.FileNotFoundException" in cause_chain(error):
            return []
        raise


def open_file(spark, location: str):
    """A Java InputStream, for the caller to close."""
    file_system, path = _open(spark, location)
    return file_system.open(path)


def read_text(spark, location: str) -> str:
    stream = open_file(spark, location)
    try:
        return spark._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
    finally:
        stream.close()


def write_new(spark, location: str, text: str) -> None:
    """Writes a file that is not there yet, whole or not at all, the way Spark writes its checkpoint.

    Raises TidewaterError checkpoint-not-writable, also when the file is there.
    """
    streaming = spark._jvm.org.apache.spark.sql.execution.streaming
    try:
        file_system, path = _open(spark, location)
        file_system.mkdirs(path.getParent())
        managers = getattr(getattr(streaming, "CheckpointFileManager$"), "MODULE$")
        manager = managers.create(path.getParent(), file_system.getConf())
        stream = manager.createAtomic(path, False)
        try:
            stream.write(bytearray(text.encode("utf-8")))
        except Exception:
            stream.cancel()
            raise
        stream.close()
    except Exception as error:
        raise TidewaterError(
            "checkpoint-not-writable",
            f"{location} can't be written: {first_lines(error)}",
            "Give /checkpointLocation a folder this job alone may write; run one job per checkpoint.",
            {"location": location},
        ) from error


def local_path(spark, location: str) -> Optional[str]:
    """The path on this machine, None for a location on any other file system."""
    file_system, path = _open(spark, location)
    return path.toUri().getPath() if file_system.getUri().getScheme() == "file" else None


def _open(spark, location: str):
    path = spark._jvm.org.apache.hadoop.fs.Path(location)
    return path.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf()), path
