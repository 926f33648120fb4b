"""One output goes from one connection to the next, by plan, by word or by itself, and whoever puts
the pieces together that a real nginx-rtmp has recorded finds every picture once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from fakestream import FakeStream
from harness.proxy import Relay
from harness.rtmp import NginxRtmp, assert_plays_without_a_break, free_port

from orchestrator.bus.lines import LineWriter
from orchestrator.bus.orders import Order, Verb
from orchestrator.bus.sent import GAP, read_sent
from orchestrator.bus.tree import StateFolder

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

OUTPUTS = ("planned", "same-key", "cut-off", "dying", "desk")
BROADCAST_S = 6.0


@pytest.fixture(scope="module")
def nginx(
    tool: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NginxRtmp]:
    with NginxRtmp(tool("nginx"), tmp_path_factory.mktemp("rtmp") / "nginx") as server:
        yield server


@pytest.fixture(scope="module")
def line(nginx: NginxRtmp) -> Iterator[Relay]:
    with Relay(nginx.port) as relay:
        yield relay


@pytest.fixture(scope="module")
def on_air(nginx: NginxRtmp, line: Relay) -> Iterator[FakeStream]:
    """Five pushes of one programme: two that hand over every 6 s, one that will be cut off while
    it does, one whose platform is dead, and one that the desk may have for itself."""
    both = {"audience": "open", "ladder": ["180p"]}
    handover = {"handover_s": BROADCAST_S}
    pushes = [
        both | handover | {"id": "planned", "url": "env:ONE", "then": ["env:TWO", "env:THREE"]},
        both | handover | {"id": "same-key", "url": "env:SAME"},
        both | {"id": "cut-off", "url": "env:FAR", "handover_s": 16.0, "then": ["env:NEAR"]},
        both | {"id": "dying", "url": "env:DEAD", "backup": "env:DYING_BACKUP"},
        both | {"id": "desk", "url": "env:DESK", "backup": "env:DESK_BACKUP"},
    ]
    with pytest.MonkeyPatch.context() as environment:
        for name in ("ONE", "TWO", "THREE", "SAME", "NEAR", "DYING_BACKUP", "DESK", "DESK_BACKUP"):
            environment.setenv(name, nginx.url(name.lower()))
        environment.setenv("FAR", f"rtmp://127.0.0.1:{line.port}/live/far")
        environment.setenv("DEAD", f"rtmp://127.0.0.1:{free_port()}/live/nobody")
        with FakeStream(pushes=pushes) as stream:
            stream.start("gate", "programme", *(f"push.{name}" for name in OUTPUTS))
            yield stream


def bars(recording: Path) -> list[int]:
    """Of each picture, its place in the segment: where the fake programme's bar stands. The slate
    that was public before the programme was has none."""
    with av.open(str(recording)) as file:
        lumas = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]
    steps = lumas[0].shape[1] // 64
    return [round(int(np.argmax(y[60] > 205)) / steps) for y in lumas if y[60].max() > 205]


def assert_every_picture_once(pieces: list[Path]) -> None:
    seen = [bar for piece in pieces for bar in bars(piece)]
    wrong = [(a, b) for a, b in pairwise(seen) if b != (a + 1) % 64]
    assert not wrong, f"after picture a comes b: {wrong[:6]}, {len(seen)} pictures in all"


def gaps(stream: FakeStream, output: str) -> list[str]:
    spans = read_sent(StateFolder(stream.state).sent(output))
    return [span.why for span in spans if span.what == GAP]


def test_a_broadcast_that_is_over_after_so_long_goes_on_in_the_next_one_without_a_hole(
    on_air: FakeStream, nginx: NginxRtmp
) -> None:
    on_air.wait_for(lambda: on_air.facts("push.planned").get("broadcast") == 3)
    on_air.wait_columns(6)
    assert on_air.terminate("push.planned") == 0

    pieces = [piece for key in ("one", "two", "three") for piece in nginx.finished(key)]
    assert len(pieces) == 3
    for piece in pieces:
        assert_plays_without_a_break(piece)
    assert_every_picture_once(pieces)
    assert gaps(on_air, "planned") == []


def test_cut_off_while_it_hands_over_it_sends_some_twice_rather_than_lose_any(
    on_air: FakeStream, nginx: NginxRtmp, line: Relay
) -> None:
    on_air.wait_for(lambda: on_air.facts("push.cut-off").get("connections") == 2)
    line.reset()  # the next connection is open, and its turn has not come
    columns = on_air.facts("push.cut-off")["columns"]
    on_air.wait_for(lambda: on_air.facts("push.cut-off")["columns"] >= columns + 6)
    on_air.terminate("push.cut-off")

    spans = read_sent(StateFolder(on_air.state).sent("cut-off"))
    part = on_air.grid.part_frames
    (far,), (near,) = nginx.finished("far"), nginx.recordings("near")
    far_ends_n = spans[0].from_k * part + assert_plays_without_a_break(far)[0]
    noted_n = (spans[-1].to_k + 1) * part  # more may have come that nobody had time to note
    near_ends_n = noted_n + (bars(near)[-1] + 1 - noted_n) % 64
    near_begins_n = near_ends_n - assert_plays_without_a_break(near)[0]
    assert near_begins_n % 64 == 0
    assert far_ends_n - 2 * 64 < near_begins_n <= far_ends_n
    assert gaps(on_air, "cut-off") == []


def test_a_platform_that_takes_one_publisher_a_key_is_closed_first_and_loses_nothing(
    on_air: FakeStream, nginx: NginxRtmp
) -> None:
    on_air.wait_for(lambda: len(nginx.in_a_row("same")) >= 4, 90)  # the last of them still grows
    assert on_air.terminate("push.same-key") == 0

    nginx.finished("same")
    pieces = nginx.in_a_row("same")
    assert len(pieces) >= 3
    assert_every_picture_once(pieces)
    assert gaps(on_air, "same-key") == []


def test_a_dead_platform_is_left_for_the_backup_after_three_tries(
    on_air: FakeStream, nginx: NginxRtmp
) -> None:
    on_air.wait_for(lambda: on_air.facts("push.dying").get("state") == "sending")
    facts = on_air.facts("push.dying")

    assert facts["which"] == "backup"
    assert facts["failures"] == 3
    on_air.wait_columns(6)
    on_air.terminate("push.dying")
    (recording,) = nginx.finished("dying_backup")
    assert_plays_without_a_break(recording)


def test_the_desk_turns_an_output_off_and_on_and_over_to_its_backup(
    on_air: FakeStream, nginx: NginxRtmp
) -> None:
    orders = LineWriter(on_air.tree.orders)

    def say(seq: int, **args: object) -> None:
        args["output"] = "desk"
        orders.append(Order(seq, Verb.OUTPUT, 0, "ana", args=args).record())

    def is_now(key: str, value: str) -> None:
        on_air.wait_for(lambda: on_air.facts("push.desk").get(key) == value)

    is_now("state", "sending")
    say(1, on=False)
    is_now("state", "off")
    assert on_air.facts("push.desk")["reason"] == "turned off by ana"
    on_air.wait_columns(2)
    say(2, on=True)
    is_now("state", "sending")
    on_air.wait_columns(4)
    say(3, backup=True)
    is_now("which", "backup")
    on_air.wait_columns(4)
    say(4, backup=False)
    is_now("which", "primary")
    on_air.wait_columns(4)
    on_air.terminate("push.desk")
    orders.close()

    before_off, before_backup, after = nginx.finished("desk")
    (on_backup,) = nginx.finished("desk_backup")
    assert_plays_without_a_break(before_off)
    assert_every_picture_once([before_backup, on_backup, after])
    assert gaps(on_air, "desk") == ["turned off by ana"]
