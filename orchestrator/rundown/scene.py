"""What is on air at a frame, as the compositor and the audio mixer read it.

`Show.at(n, dead)` gives a `Look`. It is a pure function of the resolved rundown, the orders and
the set of sources that are judged dead; so start, restart, seek, preview and a second machine
are the same code (DESIGN §6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.rundown.plan import Place, Transition


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is on air: who, by which rule or order, and its number in the journal."""

    by: str
    """schedule · operator · default · failover · safety · supervisor (only of processes)"""
    rule: str
    author: str = ""
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """One source in one place. `wanted` is what the scene asked for, `source` what stands in.

    Sources: `site.feed`, `guest.person`, `clip.id`, `slate.event`, `slate.privacy`,
    `slate.site.<site>`. `gain_db` is the place's gain, None for off.
    """

    place: Place
    source: str
    wanted: str
    gain_db: float | None
    clip_n: int | None = None
    """Of a clip: the frame at which it began to play, so that any process can tell its position."""


@dataclass(frozen=True, slots=True)
class GraphicOn:
    """A graphic that is on at this frame: template, its data, and since when until when."""

    key: str
    use: str
    data: Mapping[str, Any]
    from_n: int
    until_n: int
    template: str = ""
    """What it is drawn with, if that is not called as the graphic is."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything seen and heard, without transition. Never empty: at least the event slate."""

    slot: str
    shot: str
    layout: str
    layers: tuple[Layer, ...]
    cause: Cause
    began_n: int
    mode: str = "live"
    audience: str = "open"
    graphics: tuple[GraphicOn, ...] = ()

    def sources(self) -> frozenset[str]:
        return frozenset(layer.source for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Look:
    """Frame n: the scene, and while a transition runs also the one it comes from.

    `progress` runs over (0, 1]: the first frame of a transition of L frames has 1/(L+1), so that
    the change begins on its first frame; 1.0 when no transition runs.
    """

    n: int
    scene: Scene
    outgoing: Scene | None = None
    transition: Transition = field(default_factory=Transition)
    progress: float = 1.0
