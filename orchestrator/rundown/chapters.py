"""Chapters of what went out, from the lines of the as-run: slots, shots, names. Pure.

Used by the recorder for its files and by `orchestrator asrun export`. A chapter is what a viewer
would look for: the slot's title, then every change of picture and every name that was shown, in
the words of the rundown. A change that lasts less than `_SHORTEST_S` is no chapter of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.rundown.resolved import Resolved

_SHORTEST_S = 5
_NAMES = ("lower-third", "message")
"""Graphics whose text says what is to be seen."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """From frame `n` on. `slot` is empty in a gap."""

    n: int
    title: str
    slot: str = ""


def chapters(lines: Iterable[Mapping[str, Any]], day: Resolved | None, fps: int) -> list[Chapter]:
    """In the order of their frames, each with another title than the one before."""
    found: list[Chapter] = []
    scene = name = ""
    for line in lines:
        event, n, slot = line.get("event"), int(line.get("n", 0)), str(line.get("slot", ""))
        if event == "slot":
            scene = name = ""
            found = _with(found, Chapter(n, slot_title(day, slot), slot), fps, is_slot=True)
        elif event == "scene":
            before, scene = scene, scene_title(day, line)
            if scene != before:
                found = _with(found, _named(n, day, slot, scene, name), fps)
        elif event == "graphic" and line.get("use") in _NAMES and line.get("shown", True):
            name = str(line.get("text", ""))
            if name:
                found = _with(found, _named(n, day, slot, scene, name), fps)
    return found


def _named(n: int, day: Resolved | None, slot: str, scene: str, name: str) -> Chapter:
    said = " · ".join(word for word in (slot_title(day, slot), scene, name) if word)
    return Chapter(n, said, slot)


def _with(
    found: list[Chapter], chapter: Chapter, fps: int, *, is_slot: bool = False
) -> list[Chapter]:
    """A chapter takes the place of one that has only just begun, but a slot's first frame stays."""
    if found and found[-1].title == chapter.title:
        return found
    last = found[-1] if found else None
    if last is not None and not is_slot and chapter.n - last.n < _SHORTEST_S * fps:
        if last.slot != chapter.slot:
            return [*found, chapter]
        return [*found[:-1], Chapter(last.n, chapter.title, chapter.slot)]
    return [*found, chapter]


def slot_title(day: Resolved | None, slot: str) -> str:
    """In the floor language, or the id."""
    if not slot:
        return "Slate"
    plans = [*(run.plan for run in day.slots), *day.standby] if day is not None else []
    plan = next((plan for plan in plans if plan.id == slot), None)
    title = dict(plan.title) if plan is not None else {}
    floor = day.languages[0] if day is not None and day.languages else ""
    return title.get(floor) or next(iter(title.values()), "") or slot


def scene_title(day: Resolved | None, line: Mapping[str, Any]) -> str:
    """What is to be seen: the sources in the order of their places."""
    seen = []
    for place in line.get("places", ()):
        word = _source(day, str(place.get("source", "")))
        if word and word not in seen:
            seen.append(word)
    return " + ".join(seen)


def _source(day: Resolved | None, source: str) -> str:
    site, _, feed = source.partition(".")
    if source in ("", "hide"):
        return ""
    if site == "slate":
        return "slate"
    if day is not None and site == "clip" and feed in day.clips:
        title = day.clips[feed].title
        return next(iter(title.values()), feed) if isinstance(title, Mapping) else feed
    if day is not None and site in day.sites:
        return f"{next(iter(day.sites[site].title.values()), site)} {feed}"
    return source


def vtt_time(seconds: float) -> str:
    """`01:02:03.456`"""
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def webvtt(starts: Iterable[tuple[float, str]], length_s: float) -> str:
    """Chapters as WebVTT: (seconds from the beginning, title), in order."""
    cues = list(starts)
    ends = [at for at, _ in cues[1:]] + [length_s]
    text = ["WEBVTT", ""]
    for i, ((at, title), end) in enumerate(zip(cues, ends, strict=True), 1):
        clean = " ".join(title.split()).replace("&", "&amp;").replace("<", "&lt;")
        text += [str(i), f"{vtt_time(at)} --> {vtt_time(max(end, at))}", clean, ""]
    return "\n".join(text)
