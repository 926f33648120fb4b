"""The event that the chain's tests run, its simulated sites, and the run itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.run import ROOT, Run, Sites
from harness.standin import Tree, until
from harness.watch import Watch

CACHE = ROOT / "build" / "rehearsal"
EVENT = Path(__file__).parent / "events" / "two-sites.yaml"


@pytest.fixture(scope="module")
def two_sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """Oslo and Quito on the line."""
    sites = Sites(EVENT, tmp_path_factory.mktemp("sites"), CACHE)
    with sites.pushers:
        yield sites


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, two_sites: Sites) -> Iterator[Run]:
    """The program, playing `two-sites.yaml` from now on; viewers can already watch."""
    folder = tmp_path_factory.mktemp("chain")
    with Run(EVENT, folder, two_sites.environment, "--start", "now") as running:
        yield running


@pytest.fixture(scope="module")
def watch(run: Run) -> Iterator[Watch]:
    with Watch(run.public, run.grid(), ["180p", "a"]) as watching:
        yield watching


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    """Stand-ins under the real supervisor; nothing of it stays."""
    tree = Tree(tmp_path)
    yield tree
    for process in tree.running:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    until(lambda: not tree.members())
    shutil.rmtree(tree.live.root, ignore_errors=True)
