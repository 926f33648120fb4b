"""What a slot shows when: its scene, and the shots that change it. Pure.

A shot changes only what it sets; the rest is as the *slot's* scene says, not the shot before.
Offsets from the end use the current end; while a slot stays, its end is unknown and they wait (R5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.rundown.lineup import LiveSlot
from orchestrator.rundown.plan import SceneSpec, Shot, Transition


@dataclass(frozen=True, slots=True)
class Spec:
    """A scene as asked for: before failover. `clips` has the frame at which each clip began."""

    layout: str
    places: Mapping[str, str]
    audio: Mapping[str, float | None]
    clips: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """From `n` until the next moment of the slot. `shot` is empty for the scene of the slot."""

    n: int
    shot: str
    spec: Spec
    transition: Transition


def moments(run: LiveSlot) -> tuple[Moment, ...]:
    """In order; the first one is at the run's start. Shots outside the slot vanish (W9)."""
    plan = run.plan
    timed: list[tuple[int, Shot | None]] = [(run.origin_n, None)]
    for shot in plan.shots:
        if shot.at >= 0:
            timed.append((run.origin_n + shot.at, shot))
        elif not run.is_staying:
            timed.append((run.own_end_n + shot.at, shot))
    last_n = run.own_end_n if not run.is_open else None
    timed = [
        (n, shot)
        for n, shot in timed
        if n >= run.origin_n and (shot is None or last_n is None or n < max(last_n, run.end_n))
    ]
    timed.sort(key=lambda item: item[0])  # stable: at the same frame the later one in the file wins
    made: list[Moment] = []
    clips: dict[str, int] = {}
    for n, changed in timed:
        spec = plan.scene if changed is None else _changed(plan.scene, changed)
        clips = {
            source: clips.get(source, n)
            for source in spec.places.values()
            if source.startswith("clip.")
        }
        moment = Moment(
            max(n, run.start_n),
            "" if changed is None else changed.id,
            Spec(spec.layout, spec.places, spec.audio, clips),
            plan.transition if changed is None or n <= run.start_n else changed.transition,
        )
        if made and made[-1].n == moment.n:
            made.pop()
        made.append(moment)
    return tuple(made)


def _changed(scene: SceneSpec, shot: Shot) -> SceneSpec:
    return SceneSpec(
        shot.layout or scene.layout,
        {**scene.places, **shot.places},
        {**scene.audio, **shot.audio},
    )
