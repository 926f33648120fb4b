"""What the programme reads from and writes into the live tree, without any media."""

import json
from pathlib import Path

import numpy as np

from orchestrator.bus.decisions import Column, SafetyAct
from orchestrator.bus.label import Label
from orchestrator.bus.lines import LineWriter, read_lines
from orchestrator.bus.lives import Lives
from orchestrator.bus.orders import Order, Verb
from orchestrator.bus.page import open_page
from orchestrator.bus.tree import LiveTree
from orchestrator.programme.asrun import AsRun
from orchestrator.programme.failover import Judged, Verdict
from orchestrator.programme.lives import NewTurns
from orchestrator.programme.safety import Quarantine
from orchestrator.programme.spool import Spool
from orchestrator.programme.wants import WantsPage
from orchestrator.programme.watch import Change
from orchestrator.rundown.plan import Place
from orchestrator.rundown.scene import Cause, Layer, Look, Scene
from orchestrator.timing import Grid, ManualClock

GRID = Grid.standard(30)
N = 53_864_793_472


def tree_at(folder: Path) -> LiveTree:
    tree = LiveTree(folder / "live")
    tree.make()
    return tree


def act(kind: str, site: str = "") -> dict[str, object]:
    return SafetyAct(kind, 1, 1, "tom", site=site).record()


def test_privacy_of_a_site_quarantines_it_until_it_is_restored(tmp_path: Path) -> None:
    tree = tree_at(tmp_path)
    decisions = LineWriter(tree.decisions)
    quarantine = Quarantine(tree)
    for record in (act("blank"), act("privacy", "mumbai"), act("privacy", "dubai"), act("unblank")):
        decisions.append(record)
        decisions.append(Column(1, {"a": -1}, frozenset()).record())

    assert quarantine.follow()
    assert quarantine.sites == {"mumbai", "dubai"}

    decisions.append(act("restore", "mumbai"))
    assert quarantine.follow()
    assert quarantine.sites == {"dubai"}

    decisions.append(act("restore"))
    assert quarantine.follow()
    assert quarantine.sites == set()
    assert not quarantine.follow()
    decisions.close()


def test_wants_hold_beyond_their_renewal_and_survive_a_new_layout(tmp_path: Path) -> None:
    tree = tree_at(tmp_path)
    wants = WantsPage(tree, hold_frames=90)
    wants.lay_out(["a.x", "b.y", "clip.film"])

    wants.renew(N, {"b.y": 0, "clip.film": N + 40, "unknown.z": 0})

    np.testing.assert_array_equal(open_page(tree.wants), [0, 0, N + 90, 0, N + 90, N + 40])
    wants.lay_out(["b.y", "c.z", "clip.film"])
    np.testing.assert_array_equal(open_page(tree.wants), [N + 90, 0, 0, 0, N + 90, N + 40])


def test_a_part_that_is_ready_before_its_label_waits_for_it(tmp_path: Path) -> None:
    tree = tree_at(tmp_path)
    spool, k = Spool(tree, GRID), GRID.part_of(N)
    audio = tree.spool_part(GRID, "a", k)

    spool.part("a", k, b"sound")
    assert not audio.exists()
    spool.label(k, Label("open"))
    assert audio.read_bytes() == b"sound"

    spool.part("720p", k, b"picture")
    assert tree.spool_part(GRID, "720p", k).read_bytes() == b"picture"
    assert Label.of(tree.spool_label(GRID, k).read_bytes()) == Label("open")
    assert not list((tree.root / "spool").rglob(".*"))


def test_a_spool_that_takes_no_files_costs_parts_and_not_the_programme(tmp_path: Path) -> None:
    tree = LiveTree(tmp_path / "live")
    tree.root.mkdir()
    (tree.root / "spool").write_text("not a folder")
    spool = Spool(tree, GRID)

    spool.label(1, Label())
    spool.part("720p", 1, b"picture")

    assert spool.lost == 2


def scene(slot: str, source: str, wanted: str = "") -> Scene:
    layer = Layer(Place("main", (0, 0, 1, 1)), source, wanted or source, 0.0)
    return Scene(slot, "", "full", (layer,), Cause("schedule", "start"), N)


def test_the_as_run_has_a_line_for_every_change_and_none_without(tmp_path: Path) -> None:
    path = tmp_path / "asrun.jsonl"
    asrun = AsRun(path, GRID)
    asrun.start(N, GRID.part_of(N), 1)
    case = scene("case", "mumbai.headset")

    assert asrun.look(Look(N, case))
    assert not asrun.look(Look(N + 1, case))
    assert not asrun.look(Look(N + 2, scene("case", "mumbai.headset")))
    assert not asrun.look(Look(N + 3, scene("case", "mumbai.room", "mumbai.headset")))
    assert asrun.look(Look(N + 4, scene("talk", "mumbai.room")))
    asrun.close()

    lines = read_lines(path)
    assert [(line["n"] - N, line["event"], line["slot"]) for line in lines] == [
        (0, "start", ""),
        (0, "slot", "case"),
        (0, "scene", "case"),
        (3, "scene", "case"),
        (4, "slot", "talk"),
        (4, "scene", "talk"),
    ]
    assert lines[3]["places"] == [
        {"place": "main", "source": "mumbai.room", "wanted": "mumbai.headset"}
    ]


def test_an_order_is_recorded_with_the_frame_it_really_took(tmp_path: Path) -> None:
    asrun = AsRun(tmp_path / "asrun.jsonl", GRID)
    in_time = Order(7, Verb.TAKE, N + 3, author="tom", args={"places": {"main": "a.x"}})
    late = Order(8, Verb.RELEASE, N - 20, author="tom")

    asrun.order(in_time, N)
    asrun.order(late, N)
    asrun.close()

    one, two = read_lines(tmp_path / "asrun.jsonl")
    assert (one["n"], one["asked_n"], "late_frames" in one) == (N + 3, N + 3, False)
    assert (two["n"], two["asked_n"], two["late_frames"]) == (N, N - 20, 20)
    assert one["cause"] == {"by": "operator", "rule": "take", "author": "tom", "seq": 7}


def test_a_failover_says_why(tmp_path: Path) -> None:
    asrun = AsRun(tmp_path / "asrun.jsonl", GRID)
    alive, dead = Judged(Verdict.ALIVE, "", N - 9), Judged(Verdict.DEAD, "frozen", N)

    asrun.failover(Change("mumbai.headset", alive, dead), N)
    asrun.close()

    [line] = read_lines(tmp_path / "asrun.jsonl")
    assert (line["source"], line["verdict"], line["why"]) == ("mumbai.headset", "dead", "frozen")
    assert line["cause"]["by"] == "failover"


def test_late_ticks_are_summed_up_once_a_second(tmp_path: Path) -> None:
    asrun = AsRun(tmp_path / "asrun.jsonl", GRID)
    for i in range(40):
        asrun.late(N + i, 40.0 + i, 1)
    asrun.close()

    lines = read_lines(tmp_path / "asrun.jsonl")
    assert [(line["ticks"], line["skipped"]) for line in lines] == [(1, 1), (30, 30)]
    assert lines[1]["worst_ms"] == 70.0
    json.dumps(lines)


def test_what_became_of_processes_is_in_the_as_run_once_over_any_number_of_programmes(
    tmp_path: Path,
) -> None:
    tree, clock = tree_at(tmp_path), ManualClock(GRID.instant_ns(N))
    lives = Lives(tree.lives, clock)
    lives.note("gate", "died", "killed by SIGKILL", 0)
    lives.note("gate", "started", "started again", 1)
    for n in (N + 30, N + 60):
        turns, asrun = NewTurns(tree), AsRun(tree.asrun, GRID)
        for turn in turns.follow():
            asrun.process(turn, n)
        asrun.close()
        lives.note("programme", "died", "exit code 1", 0)
    lives.close()

    lines = read_lines(tree.asrun)
    assert [(line["n"], line["cause"]["rule"]) for line in lines] == [
        (N + 30, "gate died: killed by SIGKILL"),
        (N + 30, "gate started: started again"),
        (N + 60, "programme died: exit code 1"),
    ]
    assert {line["happened_n"] for line in lines} == {N}
    assert lines[1]["restarts"] == 1
