"""Which graphics are on at a frame, with the data their templates need. Pure.

`who` is a role of the slot's people (`surgeon`, `guests`) or a person. The badge tells the truth
about the picture; it follows from what is shown and cannot be edited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.rundown.lineup import NEVER, LiveSlot
from orchestrator.rundown.overlays import NOTHING_CALLED, Overlays
from orchestrator.rundown.plan import GraphicCue, Person
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import GraphicOn, Layer
from orchestrator.rundown.words import said

BADGES = {"live": "LIVE", "deferred": "DELAYED", "recorded": "RECORDED"}


def graphics_on(
    day: Resolved,
    run: LiveSlot,
    coming: Sequence[LiveSlot],
    n: int,
    overlays: Overlays = NOTHING_CALLED,
) -> tuple[tuple[GraphicOn, ...], int]:
    """The cued and the called graphics at `n`, and the next frame after `n` at which that changes
    by itself."""
    people = overlays.corrected(day.people)
    on: list[GraphicOn] = []
    next_n = NEVER
    for i, cue in enumerate(run.plan.graphics):
        span = _span(run, cue, n)
        if span is None:
            continue
        from_n, until_n = span
        if n < from_n:
            next_n = min(next_n, from_n)
            continue
        data = _data(day, people, run, coming, cue)
        next_n = min(next_n, until_n)
        times = (from_n - _first(run, cue)) // cue.every if cue.every else 0
        key = f"{run.id}.{i}.{times}"
        if data is not None and key not in overlays.out:
            on.append(GraphicOn(key, cue.use, data, from_n, until_n, _template(day, cue.use)))
    for one in overlays.called:
        until_n = _until(run) if one.until_n is None else min(one.until_n, _until(run))
        if one.run != (run.place, run.start_n) or n >= until_n or n < one.from_n:
            continue
        data = _data(day, people, run, coming, GraphicCue(one.use, one.who, one.data))
        next_n = min(next_n, until_n)
        if data is not None:
            on.append(
                GraphicOn(one.key, one.use, data, one.from_n, until_n, _template(day, one.use))
            )
    return tuple(on), next_n


def graphics_to_come(
    day: Resolved,
    run: LiveSlot,
    coming: Sequence[LiveSlot],
    n: int,
    overlays: Overlays = NOTHING_CALLED,
) -> tuple[GraphicOn, ...]:
    """The cues of this run that begin after `n`, soonest first."""
    people = overlays.corrected(day.people)
    later: list[GraphicOn] = []
    for i, cue in enumerate(run.plan.graphics):
        span = _span(run, cue, n)
        if span is not None and span[0] <= n and cue.every:
            span = _span(run, cue, span[1]) if span[1] < NEVER else None
        if span is None or span[0] <= n:
            continue
        data = _data(day, people, run, coming, cue)
        if data is not None:
            times = (span[0] - _first(run, cue)) // cue.every if cue.every else 0
            key = f"{run.id}.{i}.{times}"
            later.append(GraphicOn(key, cue.use, data, *span, _template(day, cue.use)))
    return tuple(sorted(later, key=lambda graphic: graphic.from_n))


def badge(
    run: LiveSlot, layers: Sequence[Layer], sites: frozenset[str], *, is_taken: bool
) -> GraphicOn | None:
    """LIVE, DELAYED or RECORDED; nothing over slates, nor LIVE over a clip alone."""
    sources = [layer.source for layer in layers]
    has_clip = any(source.startswith("clip.") for source in sources)
    has_feed = any(
        source.startswith("guest.") or source.partition(".")[0] in sites for source in sources
    )
    mode: str = run.mode
    if mode == "recorded" and is_taken and has_feed and not has_clip:
        mode = "live"  # an operator put a live picture into a recorded slot
    if not has_feed and (not has_clip or mode == "live"):
        return None
    data = {"mode": mode, "text": BADGES[mode]}
    return GraphicOn(f"{run.id}.badge.{mode}", "badge", data, run.start_n, _until(run))


def _until(run: LiveSlot) -> int:
    return NEVER if run.is_open else run.end_n


def _first(run: LiveSlot, cue: GraphicCue) -> int:
    return run.origin_n + cue.at if cue.at >= 0 else run.own_end_n + cue.at


def _span(run: LiveSlot, cue: GraphicCue, n: int) -> tuple[int, int] | None:
    """The stretch of the cue that is on at `n`, or else the next one; None if there is none."""
    if cue.at < 0 and run.is_staying:
        return None  # the end is unknown (R5)
    from_n, end_n = _first(run, cue), _until(run)
    if from_n < run.origin_n:
        return None  # squeezed out
    length = cue.length or NEVER
    if cue.every:
        length = min(length, cue.every)
        if n >= from_n:
            from_n += (n - from_n) // cue.every * cue.every
            if n >= from_n + length:
                from_n += cue.every
    until_n = min(from_n + length, end_n)
    return (from_n, until_n) if n < until_n and from_n < end_n else None


def _data(
    day: Resolved,
    everybody: Mapping[str, Person],
    run: LiveSlot,
    coming: Sequence[LiveSlot],
    cue: GraphicCue,
) -> dict[str, Any] | None:
    """Defaults, then what follows from the day, then what the cue says; None: nothing to show."""
    spec = day.graphics.get(cue.use)
    data: dict[str, Any] = dict(spec.defaults) if spec is not None else {}
    languages = (run.plan.language, *day.languages)
    if cue.who is not None:
        people = _people(everybody, run, cue.who)
        if not people:
            return None
        data["people"] = [person_data(day, person, languages) for person in people]
        data |= data["people"][0]
    if cue.use == "next-up":
        upcoming = next((run for run in coming if any(run.title.values())), None)
        if upcoming is None:
            return None
        data |= next_up(day, upcoming, languages)
    elif cue.use == "clock":
        data["zone"] = day.timezone
    elif cue.use == "countdown":
        data |= {"to_n": run.own_end_n, "fps": day.programme.fps}
    return data | dict(cue.data)


def _template(day: Resolved, use: str) -> str:
    spec = day.graphics.get(use)
    return "" if spec is None or spec.template == use else spec.template


def _people(everybody: Mapping[str, Person], run: LiveSlot, who: str) -> list[Person]:
    names = run.plan.people.get(who) or ((who,) if who in everybody else ())
    return [everybody[name] for name in names if name in everybody]


def person_data(day: Resolved, person: Person, languages: Sequence[str]) -> dict[str, str]:
    """What a lower third says about somebody; site and city are empty for people at home."""
    site = day.sites.get(person.site or "")
    return {
        "id": person.id,
        "name": person.name,
        "native": person.native,
        "role": person.role,
        "site": said(site.title, *languages) if site else "",
        "city": site.city if site else "",
    }


def next_up(day: Resolved, run: LiveSlot, languages: Sequence[str]) -> Mapping[str, Any]:
    """Title and time of what comes next; the time on the event's clock and as UTC."""
    at = datetime.fromtimestamp(run.start_n // day.programme.fps, UTC)
    return {
        "title": said(run.title, *languages),
        "kind": run.kind,
        "site": run.site or "",
        "start_n": run.start_n,
        "utc": at.isoformat(),
        "time": f"{at.astimezone(ZoneInfo(day.timezone)):%H:%M}",
    }
