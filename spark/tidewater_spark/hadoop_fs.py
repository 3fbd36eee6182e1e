"""Files through Hadoop's file systems, so that s3:// and file paths work alike."""

from __future__ import annotations

from typing import List, Optional

from .errors import TidewaterError, cause_chain, first_lines

# File systems that show a file while it is being written, and rename it in one step.
_RENAMING = frozenset({"file", "hdfs", "viewfs"})


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
    try:
        file_system, path = _open(spark, location)
        file_system.mkdirs(path.getParent())
        managers = getattr(getattr(_streaming(spark), "CheckpointFileManager$"), "MODULE$")
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


def remove_file(spark, location: str) -> None:
    """Removes a file, if it is there."""
    file_system, path = _open(spark, location)
    file_system.delete(path, False)


def replace_text(spark, location: str, text: str) -> None:
    """Writes a file, in place of one that is there. A reader sees the old one or the new one, whole: an object
    store shows an object when it is complete, and where a rename is cheap the file gets its name then.
    """
    file_system, path = _open(spark, location)
    file_system.mkdirs(path.getParent())
    if file_system.getUri().getScheme() in _RENAMING:
        managers = getattr(_streaming(spark), "CheckpointFileManager$")
        manager = getattr(managers, "MODULE$").create(path.getParent(), file_system.getConf())
        stream = manager.createAtomic(path, True)
    else:
        stream = file_system.create(path, True)
    stream.write(bytearray(text.encode("utf-8")))
    stream.close()


def local_path(spark, location: str) -> Optional[str]:
    """The path on this machine, None for a location on any other file system."""
    file_system, path = _open(spark, location)
    return path.toUri().getPath() if file_system.getUri().getScheme() == "file" else None


def read_before_session(location: str) -> str:
    """Text of a file while there is no session yet, by what Spark's own configuration says of file systems; starts
    the JVM. Raises TidewaterError bad-document.
    """
    from pyspark import SparkConf, SparkContext

    try:
        SparkContext._ensure_initialized()
        jvm = SparkContext._jvm
        hadoop = jvm.org.apache.spark.deploy.SparkHadoopUtil.get().newConfiguration(SparkConf()._jconf)
        path = jvm.org.apache.hadoop.fs.Path(location)
        stream = path.getFileSystem(hadoop).open(path)
        try:
            return jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        finally:
            stream.close()
    except Exception as error:
        raise TidewaterError(
            "bad-document",
            f"{location}: cannot be read: {first_lines(error)}",
            "Give the location of a readable JSON file, and Spark what it needs to read it (spark.hadoop.*).",
        ) from error


def _streaming(spark):
    return spark._jvm.org.apache.spark.sql.execution.streaming


def _open(spark, location: str):
    path = spark._jvm.org.apache.hadoop.fs.Path(location)
    return path.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf()), path
