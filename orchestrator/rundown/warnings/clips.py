"""W7: a clip that ends before its slot does, or is not over when its slot is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.rundown.plan import PlanSlot
from orchestrator.rundown.problem import Problem
from orchestrator.rundown.warnings.day import Day, warning


@dataclass(frozen=True, slots=True)
class _Run:
    """A clip in a place, from frame `begin` of the slot to `end`."""

    clip: str
    begin: int
    end: int
    until_slot_ends: bool


def clip_lengths(day: Day) -> Iterator[Problem]:
    """W7, for every clip that does not loop and could be read. A second either way is fine."""
    lengths = [(slot.plan, slot.frames) for slot in day.resolved.slots]
    lengths += [(standby, standby.duration) for standby in day.resolved.standby]
    for slot, frames in lengths:
        for run in _runs(slot, frames):
            played = _play_length(day, run.clip)
            if played is None:
                continue
            wanted = run.end - run.begin
            tolerance = day.resolved.programme.fps
            if played < wanted - tolerance:
                yield warning(
                    "W7",
                    slot,
                    "scene",
                    f"clip {run.clip} is {day.length(played)} long and its slot needs "
                    f"{day.length(wanted)}: the fallback shows for the last "
                    f"{day.length(wanted - played)}.",
                    f"Set  duration: {day.length(run.begin + played)},  or let the clip loop.",
                )
            elif run.until_slot_ends and played > wanted + tolerance:
                yield warning(
                    "W7",
                    slot,
                    "scene",
                    f"clip {run.clip} is {day.length(played)} long and its slot "
                    f"{day.length(wanted)}: the last {day.length(played - wanted)} are never seen.",
                    f"Set  duration: {day.length(run.begin + played)},  or the clip's `out`.",
                )


def _play_length(day: Day, id_: str) -> int | None:
    """How long the clip plays; None if it loops or could not be read."""
    clip = day.resolved.clips.get(id_)
    if clip is None or clip.loop:
        return None
    end = clip.cue_out if clip.cue_out is not None else day.clip_frames.get(id_)
    return None if end is None else max(0, end - clip.cue_in)


def _runs(slot: PlanSlot, frames: int) -> Iterator[_Run]:
    """Every stretch of the slot in which a clip stands in a place.

    A shot changes the scene of the slot, not the shot before it: what it does not name is as the
    scene says.
    """
    shots = sorted(
        (shot.at if shot.at >= 0 else frames + shot.at, i) for i, shot in enumerate(slot.shots)
    )
    for place, first in slot.scene.places.items():
        begin, source = 0, first
        for at, i in shots:
            following = slot.shots[i].places.get(place, first)
            if following != source:
                yield from _run(source, begin, at, until_slot_ends=False)
                begin, source = at, following
        yield from _run(source, begin, frames, until_slot_ends=True)


def _run(source: str, begin: int, end: int, *, until_slot_ends: bool) -> Iterator[_Run]:
    kind, _, clip = source.partition(".")
    if kind == "clip" and end > begin:
        yield _Run(clip, begin, end, until_slot_ends)
