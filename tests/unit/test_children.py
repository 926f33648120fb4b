"""What the children of the tree are given when they are started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.children import Child, ChildSpec, Hang, Stage, the_children
from orchestrator.settings import RunSettings

PROCESSES = {
    "feeds": ["oslo.headset"],
    "clips": False,
    "pushes": [{"id": "one"}, {"id": "two"}],
    "secrets": {
        "feeds": ["FEED_KEY", "FEED_KEY__OSLO_HEADSET"],
        "push.one": ["ONE_URL", "SPARE_URL"],
        "push.two": ["TWO_URL", "SPARE_URL"],
    },
}
EVERYBODYS = {"FEED_KEY", "FEED_KEY__OSLO_HEADSET", "ONE_URL", "TWO_URL", "SPARE_URL"}


def test_each_child_is_given_its_own_addresses_and_keys_only(tmp_path: Path) -> None:
    settings = RunSettings(event=Path("event.yaml"), state=tmp_path)
    stage = Stage(settings, LiveTree(tmp_path / "live"), StateFolder(tmp_path))

    children = the_children(stage, PROCESSES)

    given = {child.name: EVERYBODYS - child.withheld for child in children}
    assert given.pop("feed.oslo.headset") == {"FEED_KEY", "FEED_KEY__OSLO_HEADSET"}
    assert given.pop("push.one") == {"ONE_URL", "SPARE_URL"}
    assert given.pop("push.two") == {"TWO_URL", "SPARE_URL"}
    assert not any(given.values())
    assert {"gate", "programme", "origin", "control"} <= given.keys()


def test_what_is_withheld_is_not_in_the_environment_it_begins_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONE_URL", "rtmp://live/app/unsayable")
    monkeypatch.setenv("HARMLESS", "yes")
    said = tmp_path / "said"
    program = "import json, os; print(json.dumps(dict(os.environ)))"
    spec = ChildSpec("child", (sys.executable, "-c", program), withheld=frozenset({"ONE_URL"}))

    with said.open("wb") as out:
        child = Child(spec, Hang(1, 1), out.fileno())
        child.start(0.0, None)
        assert child.process is not None
        assert child.process.wait(20) == 0

    assert "unsayable" not in said.read_text()
    assert "HARMLESS" in said.read_text()
