"""A small plan builder, so that a case of the resolver reads as one line per slot."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.bus.orders import Order, Verb
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
from orchestrator.rundown.resolve import resolve
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show

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


class Desk:
    """Orders numbered in the order in which they are given; times are minutes after the start."""

    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved
        self.orders: list[Order] = []

    def n(self, minute: float) -> int:
        return self.resolved.start_n + minutes(minute)

    def give(self, verb: Verb, minute: float, **args: Any) -> Desk:
        cause = args.pop("cause", "operator")
        seq = len(self.orders) + 1
        self.orders.append(Order(seq, verb, self.n(minute), "tom", cause, args=args))
        return self

    @property
    def show(self) -> Show:
        return Show(self.resolved, self.orders)

    def on(self, minute: float) -> str:
        return self.show.at(self.n(minute)).scene.slot

    def runs(self, minute: float | None = None) -> list[str]:
        """`id start-end` of the line-up as seen at `minute`, `+gap` where slate follows."""
        seen = self.show.line_up(None if minute is None else self.n(minute))
        zero = self.resolved.start_n
        return [
            f"{r.id} {(r.start_n - zero) / minutes(1):g}-{(r.end_n - zero) / minutes(1):g}"
            + (f" +{r.gap_after / minutes(1):g}" if r.gap_after else "")
            for r in seen
        ]


def desk(plan: Plan) -> Desk:
    resolved, problems, _ = resolve(plan)
    assert resolved is not None, [problem.text() for problem in problems]
    return Desk(resolved)


class Build:
    """`build.day(build.slot("a"), …)`: import mode importlib leaves tests no module to share."""

    slot = staticmethod(slot)
    day = staticmethod(day)
    clock = staticmethod(clock)
    minutes = staticmethod(minutes)
    desk = staticmethod(desk)
    event = EVENT


@pytest.fixture(scope="session")
def build() -> type[Build]:
    return Build
