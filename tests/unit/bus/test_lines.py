"""Append-only lines: whole records or none, whoever dies when."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.bus.lines import LineFollower, LineWriter, json_of, read_lines, replace_json


def test_a_follower_sees_each_record_once_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    follower = LineFollower(path)
    assert follower.read() == []

    writer = LineWriter(path)
    writer.append({"seq": 1})
    writer.append({"seq": 2, "reason": "Zoë\nsaid so"})

    assert follower.read() == [{"seq": 1}, {"seq": 2, "reason": "Zoë\nsaid so"}]
    writer.append({"seq": 3})
    assert follower.read() == [{"seq": 3}]
    assert follower.read() == []


def test_a_line_without_its_end_is_not_yet_a_record(tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b'{"seq":1}\n{"se')
    follower = LineFollower(path)
    assert follower.read() == [{"seq": 1}]

    with path.open("ab") as file:
        file.write(b'q":2}\n')

    assert follower.read() == [{"seq": 2}]


def test_a_writer_after_a_crash_closes_off_the_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b'{"seq":1}\n{"seq":2,"rea')

    LineWriter(path).append({"seq": 3})

    follower = LineFollower(path)
    assert follower.read() == [{"seq": 1}, {"seq": 3}]
    assert follower.damaged == 1


def test_a_replaced_file_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    LineWriter(path).append({"seq": 1})
    follower = LineFollower(path)
    assert follower.read() == [{"seq": 1}]

    other = tmp_path / "new"
    LineWriter(other).append({"seq": 9})
    other.replace(path)

    assert follower.read() == [{"seq": 9}]


@given(cut=st.integers(min_value=0, max_value=200))
def test_a_file_cut_anywhere_gives_a_prefix_of_its_records(cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines"
        writer = LineWriter(path)
        records = [{"seq": i, "text": "x" * i} for i in range(8)]
        for record in records:
            writer.append(record)
        path.write_bytes(path.read_bytes()[:cut])

        read = read_lines(path)

        assert read == records[: len(read)]


def test_a_replaced_json_file_leaves_nothing_beside_it(tmp_path: Path) -> None:
    replace_json(tmp_path / "facts.json", {"a": 1})
    replace_json(tmp_path / "facts.json", {"a": 2})

    assert [p.name for p in tmp_path.iterdir()] == ["facts.json"]
    assert (tmp_path / "facts.json").read_text() == '{"a":2}'


@given(st.integers(0, 200))
def test_a_follower_of_the_recent_past_begins_at_a_whole_line(newest: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines"
        writer = LineWriter(path)
        for n in range(10):
            writer.append({"n": n})
        follower = LineFollower(path, newest_bytes=newest)

        seen = [record["n"] for record in follower.read()]
        writer.append({"n": 10})

        assert seen == list(range(10))[10 - newest // 8 :] if newest < 80 else list(range(10))
        assert follower.read() == [{"n": 10}]
        assert follower.damaged == 0
        follower.close()
        writer.close()


def test_half_a_character_is_written_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    writer = LineWriter(path)
    writer.append({"reason": "h\udcf4pital", "by": "Zoë"})
    writer.close()
    replace_json(tmp_path / "facts.json", {"said": "\ud83d"})

    assert read_lines(path) == [{"reason": "h\udcf4pital", "by": "Zoë"}]
    assert json.loads((tmp_path / "facts.json").read_bytes()) == {"said": "\ud83d"}
    assert json_of({"by": "Zoë"}) == '{"by":"Zoë"}'.encode()
