"""What is wrong with ourselves: journal, disks, processes, clocks, graphics. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.bus.tree import CLEAN_TRACK
from orchestrator.control.incidents import Action, Finding, Grade
from orchestrator.control.sight import Sight

_STALE_S = 5.0
_LATE_MS = 500.0
_LOW_BYTES = 2 << 30
_UP_S = 60.0
_NOT_MEANT = ("", "missing")
"""What the gate says of parts that nobody gave; any other slate is meant."""
"""A child that has restarted and is younger than this may be falling again and again."""
_ESSENTIAL = frozenset({"programme", "gate", "origin"})


def find(sight: Sight) -> Iterator[Finding]:
    yield from _journal(sight)
    yield from _disks(sight)
    yield from _children(sight)
    yield from _on_slate(sight)
    yield from _clock(sight)
    yield from _graphics(sight)
    yield from _encoders(sight)


def _journal(sight: Sight) -> Iterator[Finding]:
    if sight.journal_trouble:
        yield Finding(
            "journal",
            Grade.NOW,
            f"the journal takes nothing: {sight.journal_trouble}",
            "the show goes on as decided; commands are refused, BLANK and PRIVACY work",
        )
    if sight.journal_damages:
        yield Finding(
            "journal.damaged",
            Grade.NOTE,
            f"the journal has {sight.journal_damages} damaged places",
            "the last good entries are used; `orchestrator journal verify` shows them",
        )


def _disks(sight: Sight) -> Iterator[Finding]:
    gate = sight.facts.get("gate", {})
    if gate.get("tmpfs_full"):
        yield Finding(
            "memory.full",
            Grade.NOW,
            "the live tree has no room: new parts cannot be written",
            "viewers can scrub back less and less, then they stand still",
        )
    for trouble in sight.facts.get("control", {}).get("disk_trouble", ()):
        yield Finding(
            "disk.slow",
            Grade.SOON,
            str(trouble),
            "commands take as long as the disk does; BLANK and PRIVACY go past it",
            after_s=0.0,
        )
    recorder = sight.facts.get("recorder", {})
    free = recorder.get("free_bytes", sight.disk_free_bytes)
    if isinstance(free, int) and free < _LOW_BYTES:
        yield Finding(
            "disk",
            Grade.SOON,
            f"the disk has {free / (1 << 30):.1f} GB left",
            "recording ends first; the stream goes on",
            after_s=10.0,
        )


def _children(sight: Sight) -> Iterator[Finding]:
    children: Mapping[str, Mapping[str, Any]] = sight.facts.get("supervisor", {}).get(
        "children", {}
    )
    if not children:
        return
    for name in sorted(children):
        child = children[name]
        kind = name.partition(".")[0]
        if kind in ("feed", "push", "control"):
            continue  # their own cards say what it means; we who look are alive
        restarts, up_s = int(child.get("restarts", 0)), float(child.get("up_s", 0.0))
        is_down = int(child.get("pid", 0)) == 0
        is_mute = name in sight.facts and sight.age_s(name) > _STALE_S
        is_falling = restarts >= 3 and up_s < _UP_S
        if not (is_down or is_mute or is_falling):
            continue
        state = "falls again and again" if is_falling else "is down" if is_down else "says nothing"
        yield Finding(
            f"process.{name}",
            Grade.NOW if name in _ESSENTIAL else Grade.SOON,
            f"{name} {state} ({restarts} restarts)",
            "it is started again by itself; meanwhile the gate shows the slate"
            if name == "programme"
            else "it is started again by itself",
            after_s=3.0,
        )


def _on_slate(sight: Sight) -> Iterator[Finding]:
    """The gate fills in for tracks that do not come, though nobody has asked for a slate."""
    gate = sight.facts.get("gate", {})
    tracks = [str(track) for track in gate.get("on_slate", ())]
    is_meant = gate.get("slate_why", "") not in _NOT_MEANT
    safety = gate.get("blank") or gate.get("held") or gate.get("quarantined") or gate.get("hidden")
    programme = sight.facts.get("supervisor", {}).get("children", {}).get("programme", {})
    day = sight.show.resolved
    if not tracks or is_meant or safety or not day.start_n <= sight.n < day.end_n:
        return
    if int(programme.get("pid", 1)) == 0:
        return  # the process' own card says so
    if tracks == [CLEAN_TRACK]:
        yield Finding(
            "clean",
            Grade.SOON,
            "the recording without graphics gets the slate: its pictures came too late",
            "viewers and the other outputs notice nothing",
        )
        return
    yield Finding(
        "slate",
        Grade.NOW,
        f"the public sees the slate: {', '.join(sorted(tracks))} came too late",
        "the programme comes back with its next key picture after it is in time again",
        (Action("Note it", "note", {"text": "slate on air: "}),),
    )


def _clock(sight: Sight) -> Iterator[Finding]:
    supervisor = sight.facts.get("supervisor", {})
    if supervisor.get("clock_alarm"):
        off_ms = float(supervisor.get("clock_off_ms", 0.0))
        yield Finding(
            "clock",
            Grade.SOON,
            f"the machine's clock was moved: ours is {off_ms:.0f} ms off",
            "ours follows slowly; nothing jumps on air",
        )
    late_ms = sight.facts.get("programme", {}).get("late_ms", {})
    p99 = late_ms.get("p99") if isinstance(late_ms, Mapping) else None
    if isinstance(p99, int | float) and p99 > _LATE_MS:
        yield Finding(
            "ticks",
            Grade.SOON,
            f"the programme's ticks come {p99:.0f} ms late: the machine is overloaded",
            "frames are skipped so that time is kept",
            after_s=10.0,
        )


def _graphics(sight: Sight) -> Iterator[Finding]:
    problems = sight.facts.get("programme", {}).get("graphics", {}).get("problems", ())
    if problems:
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        yield Finding(
            "graphics",
            Grade.NOTE,
            f"graphic {problems[0]}{more}",
            "it is left out",
        )


def _encoders(sight: Sight) -> Iterator[Finding]:
    for trouble in sight.facts.get("programme", {}).get("encoder_trouble", ()):
        track, _, why = str(trouble).partition(": ")
        yield Finding(
            f"encoder.{track}",
            Grade.SOON,
            f"rendition {track}: {why}",
            "it is made again at every segment until it works; who watches another rendition "
            "notices nothing",
            after_s=0.0,
        )
