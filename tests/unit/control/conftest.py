from pathlib import Path

import pytest
from smallevent import EVENT, GRID, Place

from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.eventfile import load_plan, resolve_plan
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing import ManualClock


@pytest.fixture
def event(tmp_path: Path) -> Path:
    path = tmp_path / "event.yaml"
    path.write_text(EVENT)
    return path


@pytest.fixture
def day(event: Path) -> Resolved:
    return resolve_plan(load_plan(event), None)


@pytest.fixture
def place(tmp_path: Path, event: Path, day: Resolved) -> Place:
    live, state = LiveTree(tmp_path / "live"), StateFolder(tmp_path / "state")
    live.make()
    state.root.mkdir()
    return Place(live, state, event, ManualClock(GRID.instant_ns(day.start_n)))
