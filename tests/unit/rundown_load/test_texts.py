"""Lengths, times, gains and the like, as producers write them."""

from fractions import Fraction

import pytest

from orchestrator.rundown.plan import TimeSpec
from orchestrator.rundown.problem import NOWHERE
from orchestrator.rundown.times import Unreadable, gain, length, level, staffed, time_spec, zone


@pytest.mark.parametrize(
    ("text", "frames_at_30"),
    [
        ("90s", 2700),
        ("40m", 72_000),
        ("1h30m", 162_000),
        ("1h 30m", 162_000),
        ("600ms", 18),
        ("12f", 12),
        ("1s12f", 42),
        ("0:40:00", 72_000),
        ("24:00:00", 2_592_000),
        ("1.5s", 45),
        ("30d", 77_760_000),
        ("0", 0),
        ("0s", 0),
        ("08s", 240),
        ("50ms", 2),  # 1.5 frames: halves up
        ("33ms", 1),
    ],
)
def test_a_length_becomes_frames(text: str, frames_at_30: int) -> None:
    assert length(text).in_frames(30) == frames_at_30


@pytest.mark.parametrize(
    ("text", "sentence", "way_out"),
    [
        ("0:40", '"0:40" could be 40 minutes or 40 seconds.', "Write 40m or 40s."),
        ("1:30", '"1:30" could be 1 h 30 min or 1 min 30 s.', "Write 1h30m or 1m30s."),
        ("2:00", '"2:00" could be 2 h 00 min or 2 min 00 s.', "Write 2h or 2m."),
        ("40", '"40" has no unit.', "Write 40m or 40s."),
        ("1_000", '"1_000" has no unit.', "Write 1000m or 1000s."),
        ("1.5f", '"1.5f" asks for a part of a frame.', "Write whole frames, like 12f."),
        ("1m2m", '"1m2m" has the same unit twice.', "Write it like 1h30m."),
        ("99999h", '"99999h" is longer than a year.', "Is the unit right?"),
    ],
)
def test_a_length_that_could_mean_two_things_is_refused(
    text: str, sentence: str, way_out: str
) -> None:
    with pytest.raises(Unreadable) as refusal:
        length(text)
    assert (refusal.value.message, refusal.value.hint) == (sentence, way_out)


@pytest.mark.parametrize(
    "text", ["", "m", "40 min", "-5m", "five", "1h:30", "1e3s", "٣s", "∞", "1m-2s"]
)
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        length(text)


def test_lengths_are_exact_where_floats_are_not() -> None:
    assert length("0.1s").seconds * 3 == length("0.3s").seconds == Fraction(3, 10)


def when(text: str) -> TimeSpec:
    zones = {"brussels": "Europe/Brussels", "no": "Europe/Oslo"}
    return time_spec(text, event_zone="Europe/Paris", zone_of=zones.get, fps=30, mark=NOWHERE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("event", TimeSpec("event", is_event=True)),
        ("18:30", TimeSpec("18:30", (18, 30, 0), "Europe/Paris")),
        ("8:05:30", TimeSpec("8:05:30", (8, 5, 30), "Europe/Paris")),
        ("08:00 brussels", TimeSpec("08:00 brussels", (8, 0, 0), "Europe/Brussels")),
        ("08:00 no", TimeSpec("08:00 no", (8, 0, 0), "Europe/Oslo")),
        (
            "2026-10-25 02:30+02:00",
            TimeSpec("2026-10-25 02:30+02:00", (2, 30, 0), "Europe/Paris", (2026, 10, 25), 7200),
        ),
        (
            "2026-10-25T02:30:15-0330",
            TimeSpec(
                "2026-10-25T02:30:15-0330", (2, 30, 15), "Europe/Paris", (2026, 10, 25), -12600
            ),
        ),
        (
            "2026-10-25 02:30Z",
            TimeSpec("2026-10-25 02:30Z", (2, 30, 0), "Europe/Paris", (2026, 10, 25), 0),
        ),
        (
            "2026-10-25 02:30",
            TimeSpec("2026-10-25 02:30", (2, 30, 0), "Europe/Paris", (2026, 10, 25)),
        ),
        ("+6h30m", TimeSpec("+6h30m", elapsed=702_000)),
    ],
)
def test_a_time_is_read_in_the_zone_it_names(text: str, expected: TimeSpec) -> None:
    assert when(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "1830", "24:00", "12:60", "2026-10-24", "2026-02-30 12:00", "18:30+02:00"),
        *(
            "08:00 mars",
            "2026-10-25 02:30+02:00 brussels",
            "noon",
            "+",
            "+soon",
            "2026-13-01 00:00",
        ),
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        when(text)


def test_gains_have_a_unit() -> None:
    assert gain("-6 dB") == gain("-6dB") == gain("−6 dB") == -6.0
    assert gain("+3.5 dB") == 3.5
    assert gain("off") is None
    with pytest.raises(Unreadable, match="no unit"):
        gain("-6")
    with pytest.raises(Unreadable, match="too loud"):
        gain("20 dB")
    with pytest.raises(Unreadable, match="cannot be heard"):
        gain("-90 dB")


def test_levels_have_their_own_unit() -> None:
    assert level("-16 LUFS", "LUFS") == -16.0
    with pytest.raises(Unreadable):
        level("-16 dB", "LUFS")


def test_staffed_hours_may_go_past_midnight() -> None:
    assert staffed("08:00-20:00") == (480, 1200)
    assert staffed("07:00-24:00") == (420, 1440)
    assert staffed("20:00-02:00") == (1200, 120)
    with pytest.raises(Unreadable):
        staffed("24:00-02:00")


@pytest.mark.parametrize(
    "text", ["Europe/Pari", "Paris", "europe", "", "..", "/etc/passwd", "Europe"]
)
def test_a_zone_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        zone(text)


def test_a_misspelt_zone_is_guessed() -> None:
    with pytest.raises(Unreadable) as refusal:
        zone("Europe/Pari")
    assert refusal.value.hint == "Did you mean Europe/Paris?"
    assert zone("Asia/Kolkata") == "Asia/Kolkata"
