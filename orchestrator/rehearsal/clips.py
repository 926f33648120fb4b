"""Makes the clips that an example event names, so that nothing large has to be committed.

Each is as long as the longest slot that plays it, and shows what it is in strip and card like a
simulated site. Clips that are there already are left alone: they may be somebody's own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from orchestrator.rehearsal import longclip, loops
from orchestrator.rehearsal.loops import Film
from orchestrator.rehearsal.picture import Contribution
from orchestrator.rundown.plan import Clip
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing.grid import Grid

FIRST_NUMBER = 200
"""Clips are numbered from here in their strips, above all feeds."""

FILM = Film(seconds=8, bitrate_bps=1_000_000, container="mp4")


def missing(event: Resolved, folder: Path) -> list[Clip]:
    """Clips whose file is not there. `folder` is where the event's file lies."""
    return [clip for clip in event.clips.values() if not (folder / clip.file).exists()]


def make(event: Resolved, folder: Path, workers: int, film: Film = FILM) -> Iterator[Path]:
    """Each missing clip as it gets made."""
    grid = Grid.standard(event.programme.fps)
    film = replace(film, fps=grid.fps)
    numbers = {clip: FIRST_NUMBER + i for i, clip in enumerate(event.clips, 1)}
    wanted = {_shown(clip, numbers[clip.id]): clip for clip in missing(event, folder)}
    with tempfile.TemporaryDirectory() as scratch:
        for shown, loop in loops.loops(list(wanted), film, Path(scratch), workers):
            clip = wanted[shown]
            out = folder / clip.file
            out.parent.mkdir(parents=True, exist_ok=True)
            longclip.repeat(loop, out, _frames(event, clip, film), grid)
            yield out


def _shown(clip: Clip, number: int) -> Contribution:
    title = clip.title or clip.id.replace("-", " ").capitalize()
    return Contribution(number, f"{clip.id}.clip", title, "A clip for rehearsal")


def _frames(event: Resolved, clip: Clip, film: Film) -> int:
    """Long enough for the longest slot that plays it; a looping one is a single pass."""
    if clip.cue_out is not None:
        return clip.cue_out
    if clip.loop:
        return film.frames
    source = f"clip.{clip.id}"
    played = [
        max(slot.frames, slot.plan.duration)
        for slot in event.slots
        if source in slot.plan.scene.places.values()
    ]
    played += [s.duration for s in event.standby if source in s.scene.places.values()]
    return clip.cue_in + max(played, default=film.frames)
