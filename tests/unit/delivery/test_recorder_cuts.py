"""Which frames belong to which recording, as the as-run tells it."""

from __future__ import annotations

from typing import Any

from orchestrator.delivery.recorder.cuts import Cut, EventCuts, SlotCuts, is_stricter, run_on


def _slot(n: int, slot: str, audience: str = "open") -> dict[str, Any]:
    return {"n": n, "event": "slot", "slot": slot, "audience": audience}


def _start(n: int) -> dict[str, Any]:
    return {"n": n, "event": "start", "slot": ""}


def _scene(n: int, slot: str, **more: Any) -> dict[str, Any]:
    return {"n": n, "event": "scene", "slot": slot, "places": [], **more}


def _of(*lines: dict[str, Any]) -> SlotCuts:
    cuts = SlotCuts()
    for line in lines:
        cuts.take(line)
    return cuts


def _spans(cuts: SlotCuts) -> list[tuple[str, int, int | None]]:
    return [(cut.slot, cut.from_n, cut.to_n) for cut in cuts.within(0, 10**9)]


def test_a_slot_ends_where_the_next_begins() -> None:
    cuts = _of(_start(90), _slot(90, ""), _slot(100, "a"), _slot(250, "b"))

    assert _spans(cuts) == [("a", 100, 250), ("b", 250, None)]
    assert [cut.slot for cut in cuts.within(200, 250)] == ["a"]
    assert [cut.slot for cut in cuts.within(200, 251)] == ["a", "b"]
    assert [cut.slot for cut in cuts.within(250, 300)] == ["b"]


def test_a_gap_belongs_to_nobody() -> None:
    cuts = _of(_slot(100, "a"), _slot(200, ""), _slot(300, "b"))

    assert _spans(cuts) == [("a", 100, 200), ("b", 300, None)]
    assert not cuts.within(200, 300)


def test_a_programme_that_begins_anew_goes_on_with_the_same_recording() -> None:
    cuts = _of(_slot(100, "a"), _start(150), _slot(150, "a"), _slot(300, "b"))

    assert _spans(cuts) == [("a", 100, 300), ("b", 300, None)]


def test_a_slot_that_comes_back_gets_another_recording() -> None:
    cuts = _of(_slot(100, "a"), _slot(200, "filler"), _slot(300, "a"))

    assert _spans(cuts) == [("a", 100, 200), ("filler", 200, 300), ("a", 300, None)]


def test_the_end_of_the_stream_ends_what_is_on_air() -> None:
    cuts = _of(_slot(100, "a"), _slot(200, "b"))
    cuts.stop(260)

    assert _spans(cuts) == [("a", 100, 200), ("b", 200, 260)]


def test_slate_stands_in_while_what_was_on_before_is_stricter() -> None:
    cuts = _of(
        _slot(100, "case", "professional"),
        _slot(200, "talk"),
        _scene(200, "talk", mixed_n=218),
        _slot(400, "case-2", "professional"),
    )
    case, talk, second = cuts.within(0, 1000)

    assert (case.slate_before_n, talk.slate_before_n, second.slate_before_n) == (0, 218, 0)


def test_what_was_not_made_before_the_machine_came_back_is_not_worth_a_file() -> None:
    """Days later another programme begins: its first columns are the slate of nobody's slot."""
    cuts = _of(_slot(100, "old"), _start(9000), _slot(9000, "new"))
    old, new = cuts.within(0, 10_000)

    assert old.to_n == new.from_n == 9000
    assert not old.is_worth_a_file(8960)
    assert not old.is_worth_a_file(9024)
    assert new.is_worth_a_file(9024)
    assert Cut("a", "open", 100).is_worth_a_file(128)


def test_what_was_carried_to_the_state_folder_is_not_told_twice() -> None:
    live = [_start(200), _slot(200, "b"), _slot(300, "c")]
    kept = [_start(100), _slot(100, "a"), *live[:2]]

    assert run_on(kept, live) == [*kept[:2], *live]
    assert run_on(kept, []) == kept


def test_one_recording_of_all_runs_from_the_first_slot_to_the_end_of_the_event() -> None:
    cuts = EventCuts("day", "open", 1000)
    for line in (_slot(50, ""), _slot(100, "a"), _slot(300, ""), _slot(350, "b"), _slot(1010, "")):
        cuts.take(line)

    assert _spans(cuts) == [("day", 100, 1010)]


def test_ended_cuts_are_forgotten_but_for_the_newest() -> None:
    cuts = _of(_slot(100, "a"), _slot(200, "b"), _slot(300, "c"))
    cuts.forget(300)

    assert [cut.slot for cut in cuts.within(0, 1000)] == ["c"]


def test_an_audience_that_nobody_knows_is_the_strictest() -> None:
    assert is_stricter("professional", "open")
    assert not is_stricter("open", "professional")
    assert is_stricter("family", "professional")
