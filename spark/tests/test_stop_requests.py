"""Requests to stop: signals, and the marker file."""

from __future__ import annotations

import signal

from tidewater_spark.stop import MARKER_POLL_SECONDS, StopMarker, StopRequests


def test_a_marker_counts_when_it_appears_or_is_written_again():
    times = {"file": None, "now": 0.0}
    marker = StopMarker(lambda: times["file"], lambda: times["now"])
    assert not marker.stale_at_start and not marker.appeared()
    times["file"] = 5
    assert not marker.appeared(), "no look before the pause is over"
    times["now"] += MARKER_POLL_SECONDS
    assert marker.appeared()
    stale = StopMarker(lambda: times["file"], lambda: times["now"])
    assert stale.stale_at_start and not stale.appeared()
    times.update(file=6, now=times["now"] + MARKER_POLL_SECONDS)
    assert stale.appeared()


def test_a_look_at_the_marker_that_fails_counts_as_no_marker_and_is_logged(capsys):
    looks = [None, OSError("the store is busy"), 7]
    now = iter(range(0, 1000, int(MARKER_POLL_SECONDS)))

    def look():
        found = looks.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    marker = StopMarker(look, lambda: next(now))
    assert not marker.appeared()
    assert "the store is busy" in capsys.readouterr().err
    assert marker.appeared()


def test_the_second_signal_asks_to_stop_at_once():
    by_signals = StopRequests()
    by_signals._on_signal(signal.SIGTERM, None)
    assert (by_signals.reason, by_signals.at_once) == ("signal", False)
    by_signals._on_signal(signal.SIGINT, None)
    assert (by_signals.reason, by_signals.at_once) == ("signal", True)


def test_signals_count_by_themselves_after_a_stop_by_the_marker():
    stop = StopRequests()
    stop.request("stop-marker")
    stop._on_signal(signal.SIGTERM, None)
    assert (stop.reason, stop.at_once) == ("stop-marker", False)
    stop._on_signal(signal.SIGTERM, None)
    assert (stop.reason, stop.at_once) == ("stop-marker", True)
