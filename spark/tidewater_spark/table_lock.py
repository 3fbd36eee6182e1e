"""Keeps two processes of this machine from writing one table of a local hadoop catalog.

Iceberg's HadoopTableOperations commits by a rename after it looked whether the target is there, under a lock
inside its own JVM; on a local file system Hadoop's rename replaces the target. Two processes would overwrite
each other's commits without noticing. The lock is the kernel's and goes away with the process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack, contextmanager
from typing import Iterator, List

from .errors import TidewaterError
from .hadoop_fs import local_path


@contextmanager
def writing(spark, catalog: dict, tables: List[dict]) -> Iterator[None]:
    """Holds the tables (objects with namespace and name) of a catalog for this process alone.

    A warehouse that is not on the local file system is left to its own means. Raises TidewaterError table-in-use
    with the other's pid, and warehouse-not-writable.
    """
    folder = local_path(spark, catalog["warehouse"]) if catalog["type"] == "hadoop" else None
    with ExitStack() as held:
        # In one order everywhere: two processes that want the same two tables don't refuse each other.
        for name in sorted(f"{table['namespace']}.{table['name']}" for table in tables):
            if folder is not None:
                held.enter_context(_locked(folder, f"{catalog['name']}.{name}", name))
        yield


@contextmanager
def _locked(folder: str, label: str, name: str) -> Iterator[None]:
    # In the warehouse's root and as a file: a folder would show up as a namespace, and one inside the
    # namespace would keep it from ever being dropped. The file stays: removing it while another process opens
    # it would let two hold the lock.
    path = os.path.join(folder, f".tidewater-lock.{name}")
    try:
        os.makedirs(folder, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise TidewaterError(
            "warehouse-not-writable",
            f"the lock file {path} of table {label} can't be opened: {error.strerror}",
            "Give this process the right to write in the catalog's warehouse.",
            {"table": label},
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _in_use(label, os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(descriptor)


def _in_use(label: str, pid: str) -> TidewaterError:
    details: dict = {"table": label}
    if pid.isdigit():
        details["pid"] = int(pid)
    return TidewaterError(
        "table-in-use",
        f"table {label} is written by another process (pid {pid if pid.isdigit() else 'unknown'}); on a local file "
        "system a hadoop catalog can't keep two apart",
        "Stop the other first, or wait until it ends: a job and maintenance of one table take turns.",
        details,
    )
