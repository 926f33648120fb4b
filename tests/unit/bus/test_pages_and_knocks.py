"""Pages, knocks, labels, decisions and orders: what processes tell one another."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.bus.decisions import REAL, Column, SafetyAct, is_decision
from orchestrator.bus.knock import Door, Knocker
from orchestrator.bus.label import STRICTEST, Label
from orchestrator.bus.lines import LineWriter
from orchestrator.bus.orders import Order, Verb
from orchestrator.bus.page import PageReader, create_page, open_page
from orchestrator.bus.tree import LiveTree, part_name
from orchestrator.delivery.history import recover
from orchestrator.errors import redacted
from orchestrator.timing import Grid


def test_a_reader_sees_what_the_writer_of_a_page_stores(tmp_path: Path) -> None:
    words = create_page(tmp_path / "wants", 4)
    seen = open_page(tmp_path / "wants")

    words[2] = -5

    assert seen.tolist() == [0, 0, -5, 0]


def test_a_page_reader_changes_over_to_a_restarted_writers_page(tmp_path: Path) -> None:
    reader = PageReader(tmp_path / "page", check_every=1)
    assert reader.words() is None
    create_page(tmp_path / "page", 1)[0] = 1
    first = reader.words()
    assert first is not None
    assert first[0] == 1

    create_page(tmp_path / "page", 1)[0] = 2

    second = reader.words()
    assert second is not None
    assert second[0] == 2


def test_a_knock_wakes_every_listener_and_a_dead_one_hurts_nobody(tmp_path: Path) -> None:
    topic = tmp_path / "decisions"
    origin, recorder = Door(topic / "origin"), Door(topic / "recorder")
    recorder.socket.close()

    knocker = Knocker(topic)
    knocker.knock()
    knocker.close()

    assert origin.wait(1.0)
    assert not origin.wait(0.0)
    origin.close()


def test_an_unlabelled_column_is_treated_as_the_strictest() -> None:
    assert STRICTEST.audience == "professional"
    label = Label("open", ("opening",), ("studio",), ("platform",))
    assert Label.of(label.to_bytes()) == label
    for damaged in (b"", b"[]", b'{"audience":"open"}'):
        with pytest.raises(ValueError, match=r".*"):
            Label.of(damaged)


def test_decisions_and_orders_survive_their_way_through_a_file() -> None:
    column = Column(12, {"720p": REAL, "a": 3}, frozenset({"720p"}), "open", -9.5, "missing")
    act = SafetyAct("privacy", 12, 99, "tom", "wristband", "london", (3, 11))
    order = Order(7, Verb.TAKE, 1000, "tom", "operator", "late", {"places": {"main": "a.b"}})

    assert Column.of(column.record()) == column
    assert SafetyAct.of(act.record()) == act
    assert Order.of(order.record()) == order


def test_a_parts_name_carries_its_hour_and_numbers() -> None:
    grid = Grid.standard(30)
    k = grid.part_of(1_792_800_000 * 30)

    name = part_name(grid, "720p", k)

    assert name == f"720p/{1_792_800_000 // 3600}/{k // 4}.{k % 4}.m4s"


def test_a_state_folder_always_has_the_same_live_tree(tmp_path: Path) -> None:
    assert LiveTree.of_state(tmp_path) == LiveTree.of_state(tmp_path / "." / "x" / "..")
    assert LiveTree.of_state(tmp_path) != LiveTree.of_state(tmp_path / "other")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("srt://h:9000?mode=caller&passphrase=hush12345678", "passphrase=…"),
        ("rtmp://live.example/app/secret-key", "rtmp://live.example/app/…"),
        ("https://user:pass@10.0.0.4/api", "https://…@10.0.0.4/api"),
    ],
)
def test_no_secret_survives_redaction(text: str, clean: str) -> None:
    assert clean in redacted(text)
    assert not any(secret in redacted(text) for secret in ("hush", "secret-key", "user:pass"))


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"k": 12},
        {"k": 12, "tracks": 3},
        {"k": "twelve", "tracks": {}},
        {"k": 12, "tracks": {"a": None}},
        {"act": 7},
        {"act": "privacy", "k": 1, "at_ns": 1, "author": "tom", "redacted": [1]},
    ],
)
def test_a_damaged_decision_is_none_and_nobody_trips_over_it(
    tmp_path: Path, record: dict[str, object]
) -> None:
    path = tmp_path / "decisions"
    writer = LineWriter(path)
    whole = Column(7, {"a": -1}, frozenset({"a"}))
    for line in (whole.record(), record):
        writer.append(line)
    writer.close()

    assert not is_decision(record)
    assert recover(path) == ([whole], [])
