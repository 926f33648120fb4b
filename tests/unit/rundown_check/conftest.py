"""A small day built from records: two sites and a studio, from noon in Paris, at 30 pictures."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from orchestrator.rundown.plan import (
    Clip,
    Feed,
    Output,
    Person,
    PlanSlot,
    Programme,
    SceneSpec,
    Site,
)
from orchestrator.rundown.problem import Mark
from orchestrator.rundown.resolved import Resolved, Slot
from orchestrator.rundown.warnings import Day
from orchestrator.verbs import check, schema, sheet

NOON = int(datetime(2026, 10, 24, 10, 0, tzinfo=UTC).timestamp()) * 30
MINUTE = 60 * 30
GOLDEN = Path(__file__).parents[2] / "golden" / "check"
SCHEDULES = Path(__file__).parents[3] / "schedules"

Make = Callable[..., Any]


def site(id_: str, city: str, zone: str, staffed: tuple[int, int], *feeds: str) -> Site:
    made = tuple(Feed(f"{id_}.{feed}", id_, "srt", "env:FEED_KEY") for feed in feeds)
    return Site(id_, {"en": f"{city} Hospital"}, city, zone, staffed, made)


@pytest.fixture
def plan_slot() -> Make:
    """`plan_slot(id, minutes, **fields)`: a studio panel unless told otherwise."""

    def make(id_: str, minutes: int = 30, **fields: Any) -> PlanSlot:
        plain = PlanSlot(
            id=id_,
            title={"en": id_.title()},
            kind="panel",
            kinds=("panel",),
            duration=minutes * MINUTE,
            scene=SceneSpec("full", {"main": "studio.main"}, {"main": 0.0}),
            audience="open",
            mark=Mark("event.yaml", 10),
        )
        return replace(plain, **fields)

    return make


@pytest.fixture
def surgery(plan_slot: Make) -> Make:
    """A live surgery from Mumbai with a second feed and a standby."""

    def make(id_: str, minutes: int = 45, **fields: Any) -> PlanSlot:
        plain: PlanSlot = plan_slot(
            id_,
            minutes,
            kind="surgery",
            kinds=("surgery",),
            site="mumbai",
            end="ask",
            audience="professional",
            standby="teaching",
            consent="C-1",
            scene=SceneSpec("full", {"main": "mumbai.headset"}, {"main": 0.0}),
            fallback={"main": ("mumbai.room", "slate.site.mumbai")},
        )
        return replace(plain, **fields)

    return make


@pytest.fixture
def day() -> Make:
    """`day(slots, …)`: one after the other from noon; a pair is (slot, minutes on air)."""

    def make(
        slots: list[PlanSlot | tuple[PlanSlot, int]],
        *,
        minutes: int | None = None,
        anchors: dict[str, str] | None = None,
        clip_frames: dict[str, int] | None = None,
        undrawable: str = "",
        shifts: tuple[Any, ...] = (),
        **fields: Any,
    ) -> Day:
        at, timed = NOON, []
        for item in slots:
            plan, length = item if isinstance(item, tuple) else (item, item.duration // MINUTE)
            anchor = (anchors or {}).get(plan.id, "none")
            end = at + length * MINUTE
            timed.append(Slot(plan, at, end, anchor, at if anchor == "hard" else None))  # type: ignore[arg-type]
            at = end
        resolved = Resolved(
            version=1,
            id="test",
            title={"en": "A test"},
            timezone="Europe/Paris",
            start_n=NOON,
            end_n=at if minutes is None else NOON + minutes * MINUTE,
            languages=("en",),
            audience="professional",
            programme=Programme(),
            sites={
                "mumbai": site("mumbai", "Mumbai", "Asia/Kolkata", (480, 1200), "headset", "room"),
                "lapaz": site("lapaz", "La Paz", "America/La_Paz", (0, 1440), "headset"),
                "studio": site("studio", "Paris", "Europe/Paris", (0, 1440), "main"),
            },
            people={
                "rao": Person("rao", "Asha Rao", native="आशा राव", site="mumbai"),
                "lang": Person("lang", "Hanna Lang", zone="Europe/Berlin"),
            },
            layouts={},
            graphics={},
            clips={
                "film": Clip("film", "clips/film.mp4"),
                "loop": Clip("loop", "clips/loop.mp4", loop=True),
            },
            slots=tuple(timed),
            standby=(),
            outputs=(Output("hls", "hls", "professional"),),
            shifts=tuple(shift for shift, _ in shifts),
        )
        written = tuple(shift for _, shift in shifts)
        return Day(
            replace(resolved, **fields),
            clip_frames or {},
            dict.fromkeys(undrawable, "Noto Sans Any"),
            written,
        )

    return make


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """`golden(name, text)`: the text is that of the golden file. REGOLDEN=1 rewrites it."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("REGOLDEN"):
            path.write_text(text, encoding="utf-8", newline="")
        assert text == path.read_bytes().decode()

    return compare


@pytest.fixture
def app() -> typer.Typer:
    """The verbs of this area, as one command."""
    made = typer.Typer()
    for verb in (check, schema, sheet):
        verb.register(made)
    return made


@pytest.fixture
def run(app: typer.Typer) -> Callable[..., Any]:
    """`run("check", path, …)`: the exit code and what was printed."""

    def invoke(*arguments: object) -> Any:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return invoke


@pytest.fixture
def event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """`event("holographic-24h.yaml")`: a copy in a folder of its own, where we then are."""
    monkeypatch.chdir(tmp_path)

    def copied(name: str, text: str | None = None) -> Path:
        found = [folder / name for folder in (SCHEDULES, GOLDEN) if (folder / name).is_file()]
        Path(name).write_text(
            found[0].read_text(encoding="utf-8") if text is None else text,
            encoding="utf-8",
            newline="",
        )
        return Path(name)

    return copied
