"""Lengths, times of day, gains and zones as producers write them. Pure.

Each function reads one text and returns a value or raises `Unreadable`, whose two sentences say
what is wrong and what to write instead. Bare numbers and `0:40` are refused: they have been read
as seconds by one program and as minutes by the next.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from orchestrator.rundown.plan import TimeSpec
from orchestrator.rundown.problem import Mark
from orchestrator.rundown.sink import nearest

_UNIT_S = {
    "d": Fraction(86400),
    "h": Fraction(3600),
    "m": Fraction(60),
    "s": Fraction(1),
    "ms": Fraction(1, 1000),
}
_STEP = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|d|h|m|s|f)")
_CLOCKWISE = re.compile(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])")
_AMBIGUOUS = re.compile(r"([0-9]{1,4}):([0-9]{2})")
_NUMBER = re.compile(r"[+-]?[0-9][0-9_]*(?:[.,][0-9]+)?")
_LONGEST_S = 366 * 86400

_TIME = re.compile(
    r"(?:(?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?:T|[ ]+))?"
    r"(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2}))?"
    r"[ ]*(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})?"
    r"(?:[ ]+(?P<site>[A-Za-z0-9][A-Za-z0-9-]*))?"
)
_GAIN = re.compile(r"([+-]?[0-9]{1,3}(?:\.[0-9]{1,2})?)[ ]*dB", re.IGNORECASE)
_STAFFED = re.compile(r"([0-9]{1,2}):([0-5][0-9])\s*-\s*([0-9]{1,2}):([0-5][0-9])")

LOUDEST_DB = 12.0
QUIETEST_DB = -60.0


class Unreadable(ValueError):
    """A text that is not what its field wants: what is wrong, and the way out."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Length:
    """A length as written: exact seconds plus whole frames (`12f`)."""

    seconds: Fraction
    frames: int = 0

    def in_frames(self, fps: int) -> int:
        """The nearest whole number of frames, halves up."""
        exact = self.seconds * fps
        return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator) + self.frames

    def in_seconds(self, fps: int) -> float:
        return round(float(self.seconds + Fraction(self.frames, fps)), 3)

    def in_ms(self, fps: int) -> int:
        return round((self.seconds + Fraction(self.frames, fps)) * 1000)

    def is_whole(self, fps: int) -> bool:
        return (self.seconds * fps).denominator == 1


def length(text: str) -> Length:
    """`90s 40m 1h30m 600ms 12f 30d 0:40:00`, and 0."""
    text = text.strip()
    if text == "0":
        return Length(Fraction(0))
    if clock := _CLOCKWISE.fullmatch(text):
        h, m, s = map(int, clock.groups())
        return Length(Fraction(h * 3600 + m * 60 + s))
    if both := _AMBIGUOUS.fullmatch(text):
        raise _two_meanings(text, int(both[1]), int(both[2]))
    if _NUMBER.fullmatch(text):
        bare = text.lstrip("+-").replace("_", "").replace(",", ".")
        raise Unreadable(f'"{text}" has no unit.', f"Write {bare}m or {bare}s.")
    compact = text.replace(" ", "")
    steps = _STEP.findall(compact)
    if not steps or "".join(number + unit for number, unit in steps) != compact:
        raise Unreadable(
            f'"{text}" is not a length of time.',
            "Write it like 90s, 40m, 1h30m, 600ms, 12f or 0:40:00.",
        )
    units = [unit for _, unit in steps]
    if len(set(units)) != len(units):
        raise Unreadable(f'"{text}" has the same unit twice.', "Write it like 1h30m.")
    if any(unit == "f" and "." in number for number, unit in steps):
        raise Unreadable(f'"{text}" asks for a part of a frame.', "Write whole frames, like 12f.")
    seconds = sum((Fraction(n) * _UNIT_S[u] for n, u in steps if u != "f"), Fraction(0))
    frames = sum(int(n) for n, u in steps if u == "f")
    if seconds > _LONGEST_S or frames > 100 * _LONGEST_S:
        raise Unreadable(f'"{text}" is longer than a year.', "Is the unit right?")
    return Length(seconds, frames)


def _two_meanings(text: str, first: int, second: int) -> Unreadable:
    if first == 0:
        long, short = f"{second}m", f"{second}s"
        named = f"{second} minutes or {second} seconds"
    else:
        rest = f"{second:02d}" if second else ""
        long = f"{first}h{rest}m" if second else f"{first}h"
        short = f"{first}m{rest}s" if second else f"{first}m"
        named = f"{first} h {second:02d} min or {first} min {second:02d} s"
    return Unreadable(f'"{text}" could be {named}.', f"Write {long} or {short}.")


def time_spec(
    text: str, *, event_zone: str, zone_of: Callable[[str], str | None], fps: int, mark: Mark
) -> TimeSpec:
    """A point in time as written (RUNDOWN §2). `zone_of` knows the clocks of the sites."""
    text = text.strip()
    if text == "event":
        return TimeSpec(text, is_event=True, mark=mark)
    if text.startswith("+"):
        return TimeSpec(text, elapsed=length(text[1:]).in_frames(fps), mark=mark)
    found = _TIME.fullmatch(text)
    if found is None:
        raise Unreadable(
            f'"{text}" is not a time.',
            "Write 18:30, 08:00 brussels, 2026-10-25 02:30, 2026-10-25 02:30+02:00 or +6h30m.",
        )
    clock = (int(found["h"]), int(found["m"]), int(found["s"] or 0))
    if clock[0] > 23 or clock[1] > 59 or clock[2] > 59:
        hint = "Midnight is 00:00, with a date if it is not clear which." if clock[0] == 24 else ""
        raise Unreadable(f'"{text}" is not a time of day.', hint)
    day = _day(found["date"]) if found["date"] else None
    utc_offset_s = _utc_offset_s(found["offset"]) if found["offset"] else None
    if utc_offset_s is not None and day is None:
        raise Unreadable(f'"{text}" has an offset but no date.', "Write 2026-10-25 02:30+02:00.")
    zone = event_zone
    if found["site"]:
        if utc_offset_s is not None:
            raise Unreadable(f'"{text}" has an offset and a site.', "One of them is enough.")
        local = zone_of(found["site"])
        if local is None:
            raise Unreadable(f'"{text}": there is no site "{found["site"]}".')
        zone = local
    return TimeSpec(text, clock, zone, day, utc_offset_s, mark=mark)


def _day(text: str) -> tuple[int, int, int]:
    year, month, day = map(int, text.split("-"))
    try:
        date(year, month, day)
    except ValueError:
        raise Unreadable(f'"{text}" is not a day of the calendar.') from None
    if not 1970 < year < 2200:
        raise Unreadable(f'"{text}" is not a year this runs in.')
    return year, month, day


def _utc_offset_s(text: str) -> int:
    if text == "Z":
        return 0
    digits = text[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        raise Unreadable(f'"{text}" is not an offset from UTC.', "Offsets look like +02:00.")
    return (hours * 3600 + minutes * 60) * (-1 if text[0] == "-" else 1)


def gain(text: str) -> float | None:
    """`-6 dB`, `off` (None). The unit is required."""
    text = text.strip()
    if text == "off":
        return None
    found = _GAIN.fullmatch(text.replace("−", "-"))
    if found is None:
        if _NUMBER.fullmatch(text):
            raise Unreadable(f'"{text}" has no unit.', f"Write {text} dB.")
        raise Unreadable(f'"{text}" is not a gain.', "Write -6 dB, 0 dB or off.")
    gain_db = float(found[1])
    if gain_db > LOUDEST_DB:
        raise Unreadable(f'"{text}" is too loud.', f"At most {LOUDEST_DB:.0f} dB.")
    if gain_db < QUIETEST_DB:
        raise Unreadable(f'"{text}" cannot be heard.', "Write off.")
    return gain_db


def level(text: str, unit: str) -> float:
    """`-16 LUFS`, `-1.5 dBTP`."""
    pattern = rf"([+-]?[0-9]{{1,3}}(?:\.[0-9]{{1,2}})?)[ ]*{unit}"
    found = re.fullmatch(pattern, text.strip().replace("−", "-"), re.IGNORECASE)
    if found is None:
        if _NUMBER.fullmatch(text.strip()):
            raise Unreadable(f'"{text}" has no unit.', f"Write {text.strip()} {unit}.")
        raise Unreadable(f'"{text}" is not a level in {unit}.', f"Write it like -16 {unit}.")
    return float(found[1])


def staffed(text: str) -> tuple[int, int]:
    """`08:00-20:00` as minutes of the local day; the end may be 24:00 or lie past midnight."""
    found = _STAFFED.fullmatch(text.strip().replace("–", "-"))
    if found is None:
        raise Unreadable(f'"{text}" is not a span of hours.', "Write it like 08:00-20:00.")
    first, last = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if first >= 1440 or last > 1440:
        raise Unreadable(f'"{text}" goes beyond 24:00.', "Past midnight is 20:00-02:00.")
    return first, last


def zone(text: str) -> str:
    """An IANA time zone."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = sorted(available_timezones())
        city = text.rsplit("/", 1)[-1].lower()
        guess = nearest(text, known) or next((z for z in known if z.lower().endswith(city)), None)
        hint = f"Did you mean {guess}?" if guess and city else "Write it like Europe/Paris."
        raise Unreadable(f'"{text}" is not a time zone.', hint) from None
    return text
