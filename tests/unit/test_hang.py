"""When a silent child has hung, and when it only had no chance to speak."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import pairwise

import pytest

from orchestrator.chances import Ran, chance_s, has_slept
from orchestrator.children import LOOK_S, Hang, Patience
from orchestrator.timing import NS

LOOK_NS = round(LOOK_S * NS)
FORGIVEN_LOOKS = round(21 / LOOK_S)


def looks(hang: Hang, rans: list[Ran | None], stamp: int = 1) -> list[str]:
    """What it says while the stamp stands still, a look each."""
    return [how for ran in rans if (how := hang.look(stamp, LOOK_S, ran))]


def asleep(looks: int) -> list[Ran | None]:
    """In one call that does not come back."""
    return [Ran("S", NS, NS)] * looks


def dozing(looks: int) -> list[Ran | None]:
    """It wakes and sleeps again, and says nothing."""
    return [Ran("S", NS + 1000 * i, NS) for i in range(looks)]


def spinning(looks: int) -> list[Ran | None]:
    return [Ran("R", NS + LOOK_NS * i, NS) for i in range(looks)]


def starved(looks: int) -> list[Ran | None]:
    """It wants to run all the time, and gets a hundredth of it."""
    hundredth = LOOK_NS // 100
    return [Ran("R", NS + hundredth * i, NS + 99 * hundredth * i) for i in range(looks)]


def swapped(looks: int) -> list[Ran | None]:
    """It sleeps whenever it does not wait for the disk, and never beats for it."""
    return [Ran("SD"[i % 2], NS + 1000 * i, NS + LOOK_NS * i) for i in range(looks)]


def written() -> Hang:
    hang = Hang(limit_s=10.0, first_s=30.0, patience=Patience(silence_s=0.55, sleep_s=0.35))
    hang.begin(0)
    hang.look(1, LOOK_S, Ran("S", NS, NS))
    return hang


@pytest.mark.parametrize("rans", [dozing(8), spinning(8)], ids=["awake now and then", "in a loop"])
def test_who_could_have_run_and_was_silent_is_hung_within_a_second(
    rans: list[Ran | None],
) -> None:
    assert looks(written(), rans[:5]) == []
    (how,) = looks(written(), rans)
    assert "though it could run" in how


def test_who_sleeps_in_one_call_is_hung_sooner() -> None:
    assert looks(written(), asleep(3)) == []
    assert looks(written(), asleep(5)) == ["slept in one call for 0.4 s"]


def test_who_ran_all_the_time_is_hung_however_seldom_a_starved_supervisor_looks() -> None:
    hang = written()

    first = hang.look(1, 1.0, Ran("R", NS + NS, NS))
    second = hang.look(1, 1.0, Ran("R", NS + 2 * NS, NS))

    assert first == ""
    assert "though it could run" in second


def test_a_pause_of_the_whole_machine_is_nobodys_fault() -> None:
    assert written().look(1, 5.0, Ran("S", NS, NS)) == ""


def test_who_beats_is_never_hung_however_long_it_sleeps_in_between() -> None:
    hang = written()

    assert not any(looks(hang, [Ran("S", NS + beat, NS)] * 3, stamp=beat) for beat in range(2, 200))


@pytest.mark.parametrize(
    "rans",
    [
        starved(160),
        swapped(160),
        [None] * 160,
        [Ran("T", NS, NS)] * 160,
        [Ran("D", NS, NS)] * 160,
    ],
    ids=["starved", "swapped out", "unknown", "stopped", "held by a disk"],
)
def test_who_had_no_chance_is_hung_only_after_ten_seconds(rans: list[Ran | None]) -> None:
    assert looks(written(), rans[:80]) == []
    (how,) = looks(written(), rans)
    assert how == "wrote no facts for 10 s"


def looks_until_hung(hang: Hang) -> int:
    count = 1
    while not hang.look(1, LOOK_S, Ran("S", NS, NS)):
        count += 1
    return count


def restarted(hang: Hang, *, lived_looks: int = 1) -> None:
    hang.begin(1)
    for stamp in range(2 + lived_looks, 1, -1):
        hang.look(stamp, LOOK_S, Ran("S", NS, NS))
    hang.look(1, LOOK_S, Ran("S", NS, NS))


def test_one_killed_again_and_again_is_given_twice_as_long() -> None:
    hang = written()
    silent = []
    for _ in range(4):
        silent.append(looks_until_hung(hang))
        restarted(hang)

    assert all(after > before for before, after in pairwise(silent))


def test_one_that_has_lived_for_a_while_since_is_given_no_longer_than_at_first() -> None:
    hang = written()
    first = looks_until_hung(hang)
    restarted(hang)
    second = looks_until_hung(hang)
    restarted(hang, lived_looks=FORGIVEN_LOOKS)

    assert looks_until_hung(hang) == first < second


def test_a_child_that_has_not_begun_is_not_silent() -> None:
    hang = Hang(limit_s=10.0, first_s=30.0, patience=Patience(silence_s=0.55, sleep_s=0.35))

    assert looks(hang, asleep(100), stamp=0) == []


def test_chances_are_read_from_the_kernel() -> None:
    ran = Ran.of(os.getpid())

    assert ran is not None
    assert ran.state == "R"
    assert ran.ran_ns > 0
    assert Ran.of(2**22 + 1) is None
    waited = Ran("S", ran.ran_ns, ran.waited_ns + NS // 10)
    assert chance_s(ran, waited, 0.25, 0.25) == pytest.approx(0.15)


IN_A_CALL = ["time.sleep(60)", "sys.stdin.read()"]
AWAKE = ["while True: time.sleep(0.001)", "while True: pass"]


@pytest.mark.parametrize(("program", "sleeps"), [(p, p in IN_A_CALL) for p in IN_A_CALL + AWAKE])
def test_the_kernel_tells_one_asleep_in_a_call_from_one_that_wakes(
    program: str, sleeps: bool
) -> None:
    argv = [sys.executable, "-c", f"import sys, time\nprint(flush=True)\n{program}"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = [_slept_between_looks(process.pid) for _ in range(8)]
        process.kill()

    assert found[-1] is sleeps
    assert sleeps or not any(found)


def _slept_between_looks(pid: int) -> bool:
    before = Ran.of(pid)
    time.sleep(LOOK_S)
    return has_slept(before, Ran.of(pid))
