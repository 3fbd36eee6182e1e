"""The extra jars against those PySpark brings: a class that is there twice, in two versions, fails far from its cause."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pyspark
import pytest
from conftest import extra_jars

pytestmark = pytest.mark.spark

# Annotations that no running code asks for, and a stub that Spark puts into each of its own jars.
HARMLESS = ("org/intellij/lang/annotations/", "org/jetbrains/annotations/", "org/apache/spark/unused/")


def classes(jars) -> dict:
    """Names of the jars by class."""
    found: dict = {}
    for jar in jars:
        with zipfile.ZipFile(jar) as archive:
            for name in archive.namelist():
                if name.endswith(".class") and not name.startswith(("META-INF/", "module-info", *HARMLESS)):
                    found.setdefault(name, []).append(jar.name)
    return found


def test_no_class_is_there_twice():
    extra = classes(extra_jars())
    shipped = classes(sorted((Path(pyspark.__file__).parent / "jars").glob("*.jar")))
    assert len(extra) > 20_000 and len(shipped) > 50_000
    twice = {name: jars + shipped.get(name, []) for name, jars in extra.items() if len(jars) > 1 or name in shipped}
    assert sorted({tuple(jars) for jars in twice.values()}) == []
