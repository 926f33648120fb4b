"""From a time as written to a frame on the grid: zones, dates, and the nights the clocks change.

Pure; needs zone data, so only `resolve` and the tables run it. A local time that happens twice or
never is a fault unless an offset is written: nobody guesses which of the two was meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from orchestrator.rundown.plan import TimeSpec


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a written time is not one instant, and what to write instead."""

    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What the grid of an event needs to place its times: rate, zone, first and last frame."""

    fps: int
    zone: str
    start_n: int = 0
    end_n: int = 0


def locate(spec: TimeSpec, event: Frame, not_before_n: int, *, is_end: bool = False) -> int | Fault:
    """The frame of `spec`. A time without a date is the first one at or after `not_before_n`."""
    if spec.is_event:
        return event.end_n if is_end else event.start_n
    if spec.elapsed is not None:
        return event.start_n + spec.elapsed
    if spec.clock is None:
        return Fault(f"{spec.text!r} is not a time.", "Write 18:30, +6h30m or event.")
    zone: tzinfo
    if spec.utc_offset_s is not None:
        zone = timezone(timedelta(seconds=spec.utc_offset_s))
    else:
        zone = ZoneInfo(spec.zone or event.zone)
    if spec.date is not None:
        instants = _instants(date(*spec.date), spec.clock, zone)
        return _the_one(instants, date(*spec.date), spec.clock, zone, event.fps)
    not_before_s = -(-not_before_n // event.fps)
    day = datetime.fromtimestamp(not_before_s, zone).date()
    while True:
        instants = _instants(day, spec.clock, zone)
        if max(instants) >= not_before_s:
            return _the_one(instants, day, spec.clock, zone, event.fps)
        day += timedelta(days=1)


def local(n: int, fps: int, zone: str) -> datetime:
    """Frame `n` on the wall clock of `zone`, to the second."""
    return datetime.fromtimestamp(n // fps, ZoneInfo(zone))


def _instants(day: date, clock: tuple[int, int, int], zone: tzinfo) -> tuple[int, int]:
    """Both readings of a local time as epoch seconds; the same twice on an ordinary day."""
    naive = datetime(day.year, day.month, day.day, *clock)  # noqa: DTZ001 - zoned on the next line
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return int(first.timestamp()), int(second.timestamp())


def _the_one(
    instants: tuple[int, int], day: date, clock: tuple[int, int, int], zone: tzinfo, fps: int
) -> int | Fault:
    first, second = instants
    if first == second:
        return first * fps
    written = _clock(clock)
    when = f"{written} {{}} in {zone} on {day.day} {day:%b %Y} (clocks go {{}})."
    if first < second:  # fold=0 is read with the offset before the change
        offsets = [_offset(datetime.fromtimestamp(t, zone)) for t in instants]
        return Fault(
            when.format("happens twice", "back"),
            f"Write {day} {written}{offsets[0]} (first) or {offsets[1]} (second).",
        )
    before, after = (datetime.fromtimestamp(t, zone) for t in (second, first))
    return Fault(
        when.format("does not exist", "forward"),
        f"Write {day} {before:%H:%M}{_offset(before)} (before) "
        f"or {after:%H:%M}{_offset(after)} (after).",
    )


def _clock(clock: tuple[int, int, int]) -> str:
    hour, minute, second = clock
    return f"{hour:02}:{minute:02}" + (f":{second:02}" if second else "")


def _offset(instant: datetime) -> str:
    seconds = int((instant.utcoffset() or timedelta()).total_seconds())
    sign = "-" if seconds < 0 else "+"
    return f"{sign}{abs(seconds) // 3600:02}:{abs(seconds) // 60 % 60:02}"


def utc(n: int, fps: int) -> datetime:
    """Frame `n` as an aware UTC instant, to the second."""
    return datetime.fromtimestamp(n // fps, UTC)
