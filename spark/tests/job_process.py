"""Runs an entry point as its own process, as a launcher does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Optional

from conftest import spark_variables

ROOT = Path(__file__).parent.parent


class EntryProcess:
    """A process in a session of its own, so that the whole group can be killed. Leaves none behind."""

    def __init__(
        self, entry: str, flag: str, document: dict, conf_dir: Path, folder: Path, variables: Optional[dict] = None
    ):
        path = folder / f"{entry}.json"
        path.write_text(json.dumps(document))
        self.log = folder / f"{entry}.log"
        environment = {**os.environ, **spark_variables(conf_dir), **(variables or {})}
        # This test process has a Spark session; its gateway is not the child's.
        for name in ("PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET"):
            environment.pop(name, None)
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"tidewater_spark.{entry}", flag, str(path)],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill_group()
        self.process.wait()
        self.process.stdout.close()

    def events(self):
        """The events, until standard output ends. Any line there that is no JSON is an error."""
        for line in self.process.stdout:
            yield json.loads(line)

    def until(self, name: str, **fields) -> dict:
        seen = []
        for event in self.events():
            seen.append(event)
            if event["event"] == name and all(event.get(key) == value for key, value in fields.items()):
                return event
        raise AssertionError(f"no event {name} {fields}; events: {seen}; log: {self.log.read_text()[-3000:]}")

    def jvm_pid(self) -> int:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        (jvm,) = [int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "java"]
        return jvm

    def group_is_gone(self, timeout_seconds: float = 30) -> bool:
        """Waits for the last process of the group: a Python worker that was just starting ends by itself,
        a moment later.
        """
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return True
            time.sleep(0.05)
        return False

    def kill_group(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
