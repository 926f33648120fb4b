"""The operator's layer over the schedule: TAKE, RELEASE, SAFE. Pure.

A take is a picture of what was wanted when it was pressed: the layout and every place, so that no
later shot of the schedule moves anything under the operator's hands. It holds until its stated
end: the end of the slot it was taken in, a frame, or RELEASE.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.bus.orders import Order, Verb
from orchestrator.rundown.decided import cause_of
from orchestrator.rundown.moments import Spec
from orchestrator.rundown.plan import CUT, Transition
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import Cause
from orchestrator.rundown.standin import EVENT_SLATE, site_of

Bound = tuple[int, int]
"""Place and first frame of the run (or the gap behind it) in which a take was made."""

_TRANSITION = re.compile(r"(\w+)(?: (\d+)(ms|f))?(?: \w+)?")


@dataclass(frozen=True, slots=True)
class Take:
    spec: Spec
    began_n: int
    transition: Transition
    cause: Cause
    until_n: int | None = None
    bound: Bound | None = None
    """Holds while this is on; None: until released (or `until_n`)."""
    is_safe: bool = False
    """SAFE: the graphics are out."""

    def holds(self, n: int, bound: Bound) -> bool:
        if self.until_n is not None:
            return n < self.until_n
        return self.bound is None or self.bound == bound


def take(day: Resolved, order: Order, base: Spec, bound: Bound) -> Take:
    """The layer that `order` (TAKE or SAFE) puts over `base`, which is on at its frame.

    Raises ValueError or TypeError for arguments that mean nothing.
    """
    args = order.args
    fps = day.programme.fps
    is_safe = order.verb is Verb.SAFE
    if is_safe:
        base = safe_spec(day)
    layout = str(args.get("layout") or base.layout)
    if layout not in day.layouts:
        layout = base.layout
    places = {**base.places, **_texts(args.get("places"))}
    audio = {**base.audio, **_gains(args.get("audio"))}
    clips = {
        source: base.clips.get(source, order.n)
        for source in places.values()
        if source.startswith("clip.")
    }
    until = args.get("until") or ("released" if is_safe else "slot")
    if isinstance(until, str) and until not in ("slot", "released"):
        raise ValueError(f"a take until {until}")
    return Take(
        Spec(layout, places, audio, clips),
        order.n,
        transition_of(args.get("transition"), fps),
        cause_of(order, order.verb.value),
        until_n=int(until) if not isinstance(until, str) else None,
        bound=bound if until == "slot" else None,
        is_safe=is_safe,
    )


def transition_of(value: Any, fps: int) -> Transition:
    """`cut`, `mix 600ms`, `{"kind": "mix", "frames": 18}`; anything else is a cut."""
    if isinstance(value, Mapping):
        return Transition(str(value.get("kind", "cut")), int(value.get("frames", 0)))
    found = _TRANSITION.fullmatch(value) if isinstance(value, str) else None
    if found is None or found[1] == "cut":
        return CUT
    length = int(found[2] or 600)
    return Transition(found[1], length if found[3] == "f" else round(length * fps / 1000))


def safe_spec(day: Resolved) -> Spec:
    """Full frame, sound up: the studio, or else the feed that the day's slots lean on most."""
    sites = day.sites.keys()
    if "studio" in day.sites and day.sites["studio"].feeds:
        source = day.sites["studio"].feeds[0].id
    else:
        used = Counter(
            source
            for slot in day.slots
            for source in slot.plan.scene.places.values()
            if site_of(source, sites) is not None and site_of(source, sites) != slot.plan.site
        )
        source = used.most_common(1)[0][0] if used else EVENT_SLATE
    layout = full_layout(day)
    place = day.layouts[layout].places[0].name if layout else "main"
    return Spec(layout, {place: source}, {place: 0.0})


def full_layout(day: Resolved) -> str:
    """The layout with one place over the whole picture: `full`, or whatever it is called here."""
    if "full" in day.layouts:
        return "full"
    for layout in day.layouts.values():
        if len(layout.places) == 1 and layout.places[0].box == (0, 0, 1, 1):
            return layout.id
    return ""


def _texts(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}


def _gains(value: Any) -> dict[str, float | None]:
    if not isinstance(value, Mapping):
        return {}
    return {str(k): None if v is None or v == "off" else float(v) for k, v in value.items()}
