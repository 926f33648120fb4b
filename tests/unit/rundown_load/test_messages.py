"""The model messages, word for word; one file each, and one file that has them all."""

from pathlib import Path

import pytest

from orchestrator.rundown.listing import listing
from orchestrator.rundown.load import load

FOLDER = Path(__file__).parents[2] / "golden" / "rundown" / "messages"
CASES = sorted(path.stem for path in FOLDER.glob("*.txt"))


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_said_as_in_the_model(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    loaded = load(Path(f"{case}.yaml"))
    assert loaded.plan is None
    assert listing(loaded.problems) + "\n" == Path(f"{case}.txt").read_text(encoding="utf-8")


def test_every_example_has_its_text() -> None:
    shared = {"house", "consent"}
    assert {path.stem for path in FOLDER.glob("*.yaml")} - shared == set(CASES)


def test_a_mistake_that_moves_nothing_leaves_a_draft_to_check_further() -> None:
    draft = load(FOLDER / "02-nobody-is-called-that.yaml").draft
    assert draft is not None
    assert [slot.id for slot in draft.slots] == ["brussels-case"]


def test_a_mistake_in_a_length_leaves_no_draft() -> None:
    assert load(FOLDER / "05-minutes-or-seconds.yaml").draft is None
