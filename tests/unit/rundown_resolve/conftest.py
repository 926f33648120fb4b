"""A small plan builder, so that a case of the resolver reads as one line per slot."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.rundown.plan import (
    Feed,
    GraphicSpec,
    Layout,
    Output,
    Person,
    Place,
    Plan,
    PlanSlot,
    Programme,
    SceneSpec,
    Site,
    Start,
    TimeSpec,
)
from orchestrator.rundown.problem import Mark

FPS = 30
FILE = "day.yaml"


def minutes(value: float) -> int:
    return round(value * 60 * FPS)


def clock(text: str, zone: str = "Europe/Paris", **more: Any) -> TimeSpec:
    """`18:30`, or `2026-10-24 18:30`, in `zone`."""
    day, _, time = text.rpartition(" ")
    parts = [int(part) for part in time.split(":")]
    hour, minute, second = (*parts, 0)[:3]
    date = tuple(int(part) for part in day.split("-")) if day else None
    return TimeSpec(text, (hour, minute, second), zone, date, **more)  # type: ignore[arg-type]


EVENT = TimeSpec("event", is_event=True)


def slot(name: str, planned: float = 10, **fields: Any) -> PlanSlot:
    """A slot whose lengths are minutes; `at=` is a start, `site=` gives it that site's headset."""
    site = fields.get("site")
    if "at" in fields:
        at = fields.pop("at")
        fields["start"] = Start(at=at, slip=minutes(fields.pop("slip", 0)))
    for length in ("shrink", "grow"):
        if length in fields:
            fields[length] = minutes(fields[length])
    main = f"{site}.headset" if site else "studio.main"
    defaults: dict[str, Any] = {
        "title": {"en": name.capitalize()},
        "kind": "panel",
        "kinds": ("panel",),
        "duration": minutes(planned),
        "scene": SceneSpec("full", {"main": main}, {"main": 0.0}),
        "mark": Mark(FILE, 0),
    }
    return PlanSlot(id=name, **(defaults | fields))


def day(
    *slots: PlanSlot,
    start: str = "2026-10-24 12:00",
    last: float = 60,
    zone: str = "Europe/Paris",
    **fields: Any,
) -> Plan:
    defaults: dict[str, Any] = {
        "file": FILE,
        "id": "day",
        "title": {"en": "A day"},
        "timezone": zone,
        "start": clock(start, zone),
        "duration": minutes(last),
        "languages": ("en",),
        "audience": "professional",
        "programme": Programme(),
        "sites": {site: _site(site) for site in ("studio", "mumbai", "london")},
        "people": {
            "ada": Person("ada", "Dr Ada Rao", "डॉ. आदा राव", "Knees", site="mumbai"),
            "ben": Person("ben", "Ben Kim", role="Robots"),
        },
        "layouts": {
            "full": Layout("full", (Place("main", (0, 0, 1, 1)),)),
            "pip": Layout(
                "pip", (Place("main", (0, 0, 1, 1)), Place("inset", (0.7, 0.66, 0.27, 0.27)))
            ),
        },
        "graphics": {"lower-third": GraphicSpec("lower-third", "lower-third.svg")},
        "clips": {},
        "slots": slots,
        "standby": (),
        "blocks": (),
        "outputs": (Output("hls", "hls", "professional"),),
        "shifts": (),
    }
    return Plan(**(defaults | fields))


def _site(name: str) -> Site:
    feeds = ("main", "backup") if name == "studio" else ("headset", "room")
    return Site(
        name,
        {"en": name.capitalize()},
        name.capitalize(),
        {"mumbai": "Asia/Kolkata", "london": "Europe/London"}.get(name, "Europe/Paris"),
        (0, 1440),
        tuple(Feed(f"{name}.{feed}", name, "synthetic", "") for feed in feeds),
    )


class Build:
    """`build.day(build.slot("a"), …)`: import mode importlib leaves tests no module to share."""

    slot = staticmethod(slot)
    day = staticmethod(day)
    clock = staticmethod(clock)
    minutes = staticmethod(minutes)
    event = EVENT


@pytest.fixture(scope="session")
def build() -> type[Build]:
    return Build
