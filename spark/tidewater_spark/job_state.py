"""What a job remembers beside Spark's checkpoint, and what a run may change of it. Pure.

Each record lands in the table when it decodes and among the dead letters when it does not, and dead letters are set
aside after the micro-batch that met them. That holds as long as both began at the same offsets and judge a record by
the same decoding.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, NamedTuple, Optional

from .errors import TidewaterError

MAIN = "main"
DEAD_LETTERS = "dead-letters"
STATE_VERSION = 2
# Of a schema's attributes these say nothing about which bytes are a record of it. Logical types do: a
# timestamp-millis that overflows can't be decoded where the plain long can.
_WITHOUT_EFFECT = frozenset({"doc", "aliases", "order", "default"})


class Position(NamedTuple):
    """Where the query or its dead letters stand.

    offsets: end offsets, exclusive and by partition, of what has landed for good, or the initial ones; None for what
    has not begun. pending: a micro-batch was planned and not committed.
    """

    offsets: Optional[Dict[str, int]]
    pending: bool

    @property
    def begun(self) -> bool:
        return self.offsets is not None


NOT_BEGUN = Position(None, False)


def decoding_of(job: dict) -> Dict[str, Any]:
    """What decides whether a value is a record: equal for two jobs exactly when no byte sequence is judged
    differently for a reason the document states.
    """
    decoding = job["decoding"]
    text = json.dumps(_effective(decoding["schema"]), sort_keys=True, separators=(",", ":"))
    return {
        "schemaSha256": hashlib.sha256(text.encode("utf-8")).hexdigest(),
        "framing": decoding["framing"],
        "maxValueBytes": decoding["maxValueBytes"],
        "maxCollectionItems": decoding["maxCollectionItems"],
    }


def _effective(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: _effective(value) for key, value in schema.items() if key not in _WITHOUT_EFFECT}
    return [_effective(item) for item in schema] if isinstance(schema, list) else schema


def wanted_of(job: dict) -> Dict[str, Any]:
    return {"topic": job["source"]["topic"], "startingOffsets": job["source"]["startingOffsets"]}


def must_resolve(state: Optional[dict], job: dict, main: Position, letters: Position) -> bool:
    """Whether startingOffsets is to be resolved in this run. Once a query has begun, the offsets of the first
    run stand; until then a document that names others is followed.
    """
    if state is None:
        return not main.begun
    return not (main.begun or letters.begun) and state["wanted"] != wanted_of(job)


def next_state(
    state: Optional[dict],
    job: dict,
    main: Position,
    letters: Position,
    resolved: Optional[Dict[str, int]],
) -> dict:
    """The state this run must have written before a query starts. resolved: the offsets startingOffsets means
    now, when must_resolve().

    Raises TidewaterError decoding-changed.
    """
    check_decoding(state, job, main, letters)
    if resolved is not None:
        starts: Dict[str, Any] = {MAIN: resolved, DEAD_LETTERS: letters.offsets}
    elif state is not None:
        starts = dict(state["starts"])
    else:
        starts = {MAIN: main.offsets, DEAD_LETTERS: letters.offsets}
    if _sets_aside(job) and starts[DEAD_LETTERS] is None:
        # Up to its last committed offsets main ran with onDecodeError fail, and so has met no poison; what
        # ended it lies behind them.
        starts[DEAD_LETTERS] = main.offsets if main.begun else starts[MAIN]
    return {
        "version": STATE_VERSION,
        "wanted": wanted_of(job) if state is None or resolved is not None else state["wanted"],
        "starts": starts,
        "decoding": decoding_of(job),
    }


def check_decoding(state: Optional[dict], job: dict, main: Position, letters: Position) -> None:
    """Raises TidewaterError decoding-changed when some record would be judged with one decoding for the table and with the
    other for the dead letters: it would land in both tables or in none.
    """
    if state is None or state["decoding"] == decoding_of(job):
        return
    starts = state["starts"]
    if starts[DEAD_LETTERS] is None and not letters.begun:
        if main.pending and _sets_aside(job):
            raise _changed(
                state,
                job,
                main,
                letters,
                "the micro-batch main had planned may have landed already",
                "Change one at a time: run with the old decoding and onDecodeError dead-letter, or with the new "
                "decoding and onDecodeError fail; then change the other.",
            )
        return
    main_at = main.offsets if main.begun else starts[MAIN]
    letters_at = letters.offsets if letters.begun else starts[DEAD_LETTERS]
    if _level(main_at, letters_at) and not main.pending and not letters.pending:
        return
    raise _changed(
        state,
        job,
        main._replace(offsets=main_at),
        letters._replace(offsets=letters_at),
        "table and dead letters are not level",
        "Run once with the old document (decoding as it was, onDecodeError dead-letter, trigger availableNow, "
        "nothing being produced meanwhile) until both are level; then change it.",
    )


def _changed(
    state: dict, job: dict, main: Position, letters: Position, why: str, remedy: str
) -> TidewaterError:
    now = decoding_of(job)
    changed = sorted(key for key in now if now[key] != state["decoding"].get(key))
    return TidewaterError(
        "decoding-changed",
        f"/decoding differs from the last run ({', '.join(changed)}) and {why}: main is at {_place(main)}, "
        f"dead-letters at {_place(letters)}; records between would land twice or never",
        remedy,
        {
            "changed": changed,
            "queries": {
                MAIN: {"offsets": main.offsets, "pending": main.pending},
                DEAD_LETTERS: {"offsets": letters.offsets, "pending": letters.pending},
            },
        },
    )


def _place(position: Position) -> str:
    text = "no offsets yet" if position.offsets is None else json.dumps(position.offsets, sort_keys=True)
    return text + (" with a micro-batch under way" if position.pending else "")


def _level(one: Dict[str, int], other: Dict[str, int]) -> bool:
    # A partition one query has not met yet was added since; it has read nothing of it.
    return all(one.get(partition, 0) == other.get(partition, 0) for partition in {*one, *other})


def _sets_aside(job: dict) -> bool:
    return job["decoding"]["onDecodeError"] == "dead-letter"
