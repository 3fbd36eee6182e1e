"""What a turn costs, and what it has written."""

from __future__ import annotations

import os
import time
from typing import Callable

from pyspark.sql import functions as F


def measured(spark, consume: Callable[[], None]) -> dict:
    """Wall time, CPU time of the tasks' own threads, and CPU time of the whole JVM without its compilers: with the threads
    that feed Python, planning, commits and garbage collection. Compiling ends some day, and has nothing to do with records.
    """
    before = _last_stage(spark)
    cpu_before, started = _jvm_cpu_seconds(spark), time.monotonic()
    consume()
    seconds = time.monotonic() - started
    cpu = _jvm_cpu_seconds(spark) - cpu_before
    tasks = sum(stage.executorCpuTime() for stage in _stages(spark) if stage.stageId() > before)
    return {"seconds": seconds, "cpuSeconds": tasks / 1e9, "jvmCpuSeconds": cpu}


def rows_of(spark, turn: dict) -> dict:
    """Number of rows, and a checksum of all columns of the schema that does not depend on their order."""
    columns = [field["name"] for field in turn["schema"]["fields"]]
    table = f"bench.db.{turn['table']}"
    # A job may have written it in another session than the one that made it.
    spark.sql(f"REFRESH TABLE {table}")
    (found,) = (
        spark.table(table)
        .select(F.xxhash64(*columns).alias("h"))
        .agg(F.count("*"), F.expr("sum(cast(h as decimal(38, 0)))"), F.expr("bit_xor(h)"))
        .collect()
    )
    return {"rows": found[0], "checksum": f"{found[1]}/{found[2]}"}


def _jvm_cpu_seconds(spark) -> float:
    process = f"/proc/{spark._jvm.java.lang.ProcessHandle.current().pid()}"
    ticks = _ticks(f"{process}/stat")
    for thread in os.listdir(f"{process}/task"):
        try:
            with open(f"{process}/task/{thread}/comm") as comm:
                if comm.read().startswith(("C1 Compiler", "C2 Compiler")):
                    ticks -= _ticks(f"{process}/task/{thread}/stat")
        except FileNotFoundError:  # a thread that has just ended
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(stat: str) -> int:
    """User and system time, of proc(5): fields 14 and 15; the second, a name, may hold blanks."""
    with open(stat) as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _stages(spark) -> list:
    context = spark.sparkContext._jsc.sc()
    # Metrics arrive on a thread of their own.
    context.listenerBus().waitUntilEmpty()
    jvm = spark._jvm
    none = jvm.java.util.ArrayList()
    quantiles = spark.sparkContext._gateway.new_array(jvm.double, 0)
    found = context.statusStore().stageList(none, False, False, quantiles, none)
    return [found.apply(index) for index in range(found.size())]


def _last_stage(spark) -> int:
    return max((stage.stageId() for stage in _stages(spark)), default=-1)
