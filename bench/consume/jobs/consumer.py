"""One contender's JVM, kept between turns: the compiler needs millions of records before it has settled.

    python consumer.py SETTINGS.json

Each line on standard input names a turn; its answer is one JSON line on standard output. The end of standard input ends it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys

from measure import measured, rows_of
from run_book import consume_as_the_run_book
from tidewater_job import consume_with_tidewater

from tidewater_spark.events import take_over_stdout
from tidewater_spark.session import avro_limit_properties, end_session, start_session

CONSUME = {
    "run-book": consume_as_the_run_book,
    "tidewater": consume_with_tidewater,
}
# The defaults of the job's document.
MAX_VALUE_BYTES, MAX_COLLECTION_ITEMS = 16777216, 1000000


def main() -> None:
    answers = take_over_stdout()
    with open(sys.argv[1]) as file:
        settings = json.load(file)
    catalog = {"name": "bench", "type": "hadoop", "warehouse": settings["warehouse"]}
    spark = start_session("consume", catalog, avro_limit_properties(MAX_VALUE_BYTES, MAX_COLLECTION_ITEMS))
    try:
        answers.write(json.dumps({"spark": spark.version}) + "\n")
        for line in sys.stdin:
            table = line.strip()
            checkpoint = os.path.join(settings["checkpoints"], table)
            turn = {
                **settings,
                "catalog": catalog,
                "table": table,
                "checkpoint": checkpoint,
                "maxValueBytes": MAX_VALUE_BYTES,
                "maxCollectionItems": MAX_COLLECTION_ITEMS,
            }
            costs = measured(spark, lambda: CONSUME[settings["consume"]](spark, turn))
            answers.write(json.dumps({**costs, **rows_of(spark, turn)}) + "\n")
            shutil.rmtree(checkpoint)
            shutil.rmtree(os.path.join(settings["warehouse"], "db"))
    finally:
        end_session(spark)


if __name__ == "__main__":
    main()
