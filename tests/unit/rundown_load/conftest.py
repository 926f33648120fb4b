"""What tests of reading share: a small house to put slots into, and comparison without places."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.rundown.load import Loaded, load
from orchestrator.rundown.problem import Mark

HOUSE = """\
version: 1
event: {id: day, title: A day, timezone: Europe/Paris, start: 2026-10-24 12:00, duration: 2h}
people:
  ann: {name: Ann Example}
  ben: {name: Ben Example}
sites:
  north: {timezone: Europe/Oslo, feeds: {headset: {srt: env:A}, room: {srt: env:A}}}
  south: {timezone: Asia/Kolkata, feeds: {headset: {srt: env:A}, room: {srt: env:A}}}
  studio: {timezone: Europe/Paris, feeds: {main: {srt: env:B}}}
clips:
  film: {file: film.mp4}
"""
LINES_OF_HOUSE = HOUSE.count("\n")

Read = Callable[..., Loaded]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Load `text`; with `house=True` (the default) in front of it sites, people and a clip."""

    def read_text(text: str, *, house: bool = True, **others: str) -> Loaded:
        for name, other in others.items():
            (tmp_path / f"{name}.yaml").write_text(other, encoding="utf-8")
        path = tmp_path / "event.yaml"
        path.write_text((HOUSE if house else "") + text, encoding="utf-8")
        return load(path)

    return read_text


def said(loaded: Loaded) -> list[str]:
    """Problems (notes of missing consent records apart) as `line:column text`."""
    found = [p for p in loaded.problems if p.code != "N-consent"]
    return [p.text().split("/event.yaml:")[-1] for p in found]


def placeless(record: Any) -> Any:
    """A record without the places in the file that it was read from."""
    if isinstance(record, Mark):
        return None
    if dataclasses.is_dataclass(record):
        names = [f.name for f in dataclasses.fields(record) if f.name not in ("mark", "marks")]
        if type(record).__name__ == "Plan":
            names.remove("file")
        return {name: placeless(getattr(record, name)) for name in names}
    if isinstance(record, Mapping):
        return {key: placeless(value) for key, value in record.items()}
    if isinstance(record, tuple | list):
        return [placeless(value) for value in record]
    return record


@pytest.fixture(scope="session", name="placeless")
def _placeless() -> Callable[[Any], Any]:
    return placeless


@pytest.fixture(scope="session", name="said")
def _said() -> Callable[[Loaded], list[str]]:
    return said
