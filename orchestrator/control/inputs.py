"""What is wrong with the material of a day: glyphs, templates, clips. Said before it is on air.

`check` and `doctor` call `faults_of`. In a run, control starts this file as a process of its own,

    python -m orchestrator.control.inputs --live DIR

which reads the snapshot, prints one JSON list of sentences for the status page, and ends: drawing
every template of a day takes seconds and memory that control has no need of.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from orchestrator.bus.child import begin, log_unhandled
from orchestrator.bus.tree import LiveTree
from orchestrator.control.eventfile import with_paths
from orchestrator.control.latejoin import planned_show
from orchestrator.errors import FeedBroken
from orchestrator.media import svg
from orchestrator.media.cliplength import clip_frames
from orchestrator.media.fonts import font_for, missing_glyphs
from orchestrator.media.legible import legible, said
from orchestrator.rundown.problem import Mark, Problem, Severity
from orchestrator.rundown.resolved import Resolved, Slot
from orchestrator.rundown.scene import GraphicOn, Scene
from orchestrator.rundown.warnings import Day
from orchestrator.rundown.warnings.clips import clip_lengths
from orchestrator.rundown.warnings.names import unreadable

_WIDTH, _HEIGHT = 320, 180
"""Templates are tried at this size: what is broken is broken at any."""


def faults_of(day: Resolved, folder: Path) -> Iterator[Problem]:
    """Of graphics and titles; W7 and W8 tell of clips and of people's names. Files are relative to
    `folder`."""
    yield from _titles(day)
    yield from _graphics(with_paths(day, folder))


def lengths_of(day: Resolved, folder: Path) -> tuple[Mapping[str, int], list[Problem]]:
    """Of the clips that are on this machine, in frames; and those that cannot be read."""
    lengths: dict[str, int] = {}
    problems: list[Problem] = []
    for clip in day.clips.values():
        file = folder / clip.file
        if not file.is_file():
            continue
        try:
            frames = clip_frames(file, day.programme.fps)
        except FeedBroken as error:
            problems.append(
                Problem(clip.mark, Severity.NOTE, "N-clip", f"{error}.", f"clips › {clip.id}")
            )
            continue
        if frames is not None:
            lengths[clip.id] = frames
    return lengths, problems


def undrawable(day: Resolved) -> dict[str, str]:
    """What no font of this machine has of all people's names, and which font would."""
    names = "".join(person.name + person.native for person in day.people.values())
    return {character: font_for(character) for character in missing_glyphs(names)}


def _titles(day: Resolved) -> Iterator[Problem]:
    """What slates say: the event's title and the sites'."""
    named = [(_top(day), "event › title", "".join(day.title.values()))]
    named += [
        (site.mark, f"sites › {site.id}", site.city + "".join(site.title.values()))
        for site in day.sites.values()
    ]
    for mark, path, text in named:
        if found := missing_glyphs(text):
            yield Problem(
                mark, Severity.WARNING, "W8", f"{said(found)}, so its slate goes without it.", path
            )


def _graphics(day: Resolved) -> Iterator[Problem]:
    """Every graphic that the schedule shows, filled in; each template is drawn once."""
    drawn: set[str] = set()
    broken: set[str] = set()
    for scene, graphic in graphics_of(day):
        slot = scene.slot
        spec = day.graphics.get(graphic.use)
        template = spec.template if spec is not None else graphic.use
        data = dict(graphic.data)
        if "zone" in data:
            data["time"] = "12:00"
        if "to_n" in data:
            data["left"] = "10:00"
        shown = legible(data)
        if shown.undrawable and "people" not in data:  # people's names are W8's to tell
            yield _about(day, slot, "W8", f"{graphic.use}: {shown.problem}, so it is left out.")
        if template in broken or shown.data is None:
            continue
        try:
            text = svg.fill_in(template, shown.data)
            if template not in drawn:
                drawn.add(template)
                svg.draw(text, _WIDTH, _HEIGHT, Path(template).name)
            ElementTree.fromstring(text)
        except (svg.TemplateBroken, ElementTree.ParseError) as error:
            broken.add(template)
            where = "" if isinstance(error, svg.TemplateBroken) else f"{Path(template).name}: "
            yield _about(
                day,
                slot,
                "W13",
                f"graphic {graphic.use} cannot be drawn: {where}{str(error).rstrip('.')}.",
            )


def graphics_of(day: Resolved) -> Iterator[tuple[Scene, GraphicOn]]:
    """Every different graphic of the schedule, then of the shelf, with the scene it is first on.

    A surgery ends when somebody says so: what comes behind it is looked at all the same.
    """
    seen: set[tuple[str, str]] = set()
    for part in (day, _of_the_shelf(day)):
        show, n = planned_show(part), part.start_n
        while n < part.end_n:
            scene = show.at(n).scene
            for graphic in scene.graphics:
                moving = {key: value for key, value in graphic.data.items() if key != "to_n"}
                key = (graphic.use, json.dumps(moving, sort_keys=True, default=str))
                if key not in seen:
                    seen.add(key)
                    yield scene, graphic
            n = show.next_change(n)


def _of_the_shelf(day: Resolved) -> Resolved:
    """A day of its standby slots, one after another."""
    slots, at_n = [], day.start_n
    for plan in day.standby:
        slots.append(Slot(plan, at_n, at_n + plan.duration))
        at_n += plan.duration
    return replace(day, slots=tuple(slots), standby=(), end_n=at_n)


def _about(day: Resolved, slot: str, code: str, message: str) -> Problem:
    plans = (*(one.plan for one in day.slots), *day.standby)
    plan = next((one for one in plans if one.id == slot), None)
    mark = plan.mark if plan is not None else _top(day)
    return Problem(mark, Severity.WARNING, code, message, f"{slot} › graphics")


def _top(day: Resolved) -> Mark:
    marks = [site.mark for site in day.sites.values()] + [slot.plan.mark for slot in day.slots]
    return replace(marks[0], line=1, column=1) if marks else Mark("", 1)


def sentences(day: Resolved) -> list[str]:
    """Everything of a running day, as the status page says it."""
    here = Path("/")  # a snapshot's files are absolute
    lengths, problems = lengths_of(day, here)
    seen = Day(day, lengths, undrawable(day))
    problems += [*clip_lengths(seen), *unreadable(seen), *faults_of(day, here)]
    return list(dict.fromkeys(f"{p.path}: {p.message}" for p in problems))


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.control.inputs")
    parser.add_argument("--live", type=Path, required=True)
    args = parser.parse_args()
    begin("inputs", nice=19)
    day = Resolved.from_json(LiveTree(args.live).snapshot.read_bytes())
    json.dump(sentences(day), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(log_unhandled("inputs", main))
