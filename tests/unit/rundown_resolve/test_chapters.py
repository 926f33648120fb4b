"""Chapters of what went out: what a viewer would look for."""

from __future__ import annotations

from typing import Any

from orchestrator.rundown.chapters import chapters, vtt_time, webvtt

FPS = 30


def _line(n: int, event: str, slot: str = "knee", **more: Any) -> dict[str, Any]:
    return {"n": n, "event": event, "slot": slot, **more}


def _scene(n: int, *sources: str, slot: str = "knee") -> dict[str, Any]:
    return _line(n, "scene", slot, places=[{"place": "main", "source": s} for s in sources])


def _titles(*lines: dict[str, Any]) -> list[tuple[int, str]]:
    return [(chapter.n, chapter.title) for chapter in chapters(lines, None, FPS)]


def test_a_slot_its_shots_and_the_names_shown_are_chapters() -> None:
    assert _titles(
        _line(0, "slot"),
        _scene(0, "oslo.headset"),
        _line(600, "graphic", use="lower-third", text="Dr Åsa Öberg", shown=True),
        _scene(1200, "oslo.headset", "oslo.room"),
        _line(3000, "slot", "talk"),
        _scene(3000, "studio.main", slot="talk"),
    ) == [
        (0, "knee · oslo.headset"),
        (600, "knee · oslo.headset · Dr Åsa Öberg"),
        (1200, "knee · oslo.headset + oslo.room · Dr Åsa Öberg"),
        (3000, "talk · studio.main"),
    ]


def test_a_change_that_does_not_last_is_no_chapter_of_its_own() -> None:
    assert _titles(
        _line(0, "slot"), _scene(0, "a.x"), _scene(600, "b.x"), _scene(660, "c.x")
    ) == [(0, "knee · a.x"), (600, "knee · c.x")]  # fmt: skip


def test_the_same_picture_for_another_reason_is_no_new_chapter() -> None:
    assert _titles(_line(0, "slot"), _scene(0, "a.x"), _scene(900, "a.x")) == [(0, "knee · a.x")]


def test_a_graphic_that_was_not_drawn_names_nobody() -> None:
    lines = (
        _line(0, "slot"),
        _line(300, "graphic", use="lower-third", text="Dr Who", shown=False),
        _line(600, "graphic", use="clock", text="12:00", shown=True),
    )

    assert _titles(*lines) == [(0, "knee")]


def test_webvtt_is_what_players_read() -> None:
    text = webvtt([(0.0, "Knee & hip"), (61.5, "<wrap>")], 3725.25)

    assert text == (
        "WEBVTT\n\n"
        "1\n00:00:00.000 --> 00:01:01.500\nKnee &amp; hip\n\n"
        "2\n00:01:01.500 --> 01:02:05.250\n&lt;wrap>\n"
    )
    assert vtt_time(0.9996) == "00:00:01.000"
