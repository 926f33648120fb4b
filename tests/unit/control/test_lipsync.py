"""What was measured of a feed's lip sync: said, kept over a restart and over a try that failed."""

from __future__ import annotations

from orchestrator.control.lipsync import LipSync, told


def test_what_was_found_is_a_sentence() -> None:
    assert told(1, {"offset_ms": 90}).text == "the sound is 90 ms late"
    assert told(1, {"offset_ms": -45}).text == "the sound is 45 ms early"
    assert told(1, {"offset_ms": 11}).text == "sound and picture are together"
    assert told(1, {"why": "1 flashes were seen, it takes 3"}).offset_ms is None
    assert told(1, {}).text.startswith("not measured: ")


def test_a_restarted_control_knows_what_was_measured() -> None:
    lines = [
        {"kind": "lip-sync", "feed": "london.room", "n": 7, "offset_ms": 80},
        {"kind": "lip-sync", "feed": "london.room", "n": 9, "offset_ms": -10},
        {"kind": "lip-sync", "feed": "oslo.room", "offset_ms": "much"},
        {"kind": "bell", "about": "case"},
    ]
    known = LipSync(lines)
    assert known.offsets_ms == {"london.room": -10}
    assert known.view()["london.room"]["n"] == 9


def test_a_try_that_failed_says_so_and_leaves_what_was_known() -> None:
    known = LipSync()
    known.note("a", told(1, {"why": "0 flashes were seen, it takes 3"}))
    assert known.offsets_ms == {}
    known.note("a", told(2, {"offset_ms": 70}))
    known.note("a", told(3, {"why": "no picture came"}))
    assert known.offsets_ms == {"a": 70}
    assert known.view()["a"]["text"] == (
        "not measured: no picture came; before: the sound is 70 ms late"
    )
