"""The judgement of sources, as tables of what was measured and what comes of it."""

from dataclasses import replace

import pytest

from orchestrator.programme.failover import (
    Judged,
    Limits,
    Verdict,
    Vitals,
    complaint,
    dead_of,
    judge,
    unlatched,
)
from orchestrator.rundown.plan import Health

N = 1_000_000
HEALTH = Health(loss=45, freeze=600, black=300, silence=900, back_after=300)
LIMITS = Limits.at(30)
WELL = Vitals(
    asked_n=N - 10_000, is_receiving=True, picture_n=N, moved_n=N, bright_n=N, sound_n=N,
    is_heard=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("vitals", "wrong"),
    [
        (WELL, ""),
        (replace(WELL, picture_n=N - 45), ""),
        (replace(WELL, picture_n=N - 46), "lost"),
        (replace(WELL, picture_n=N - 46, is_receiving=False), "lost"),
        (replace(WELL, picture_n=N - 40, is_receiving=False), ""),
        (replace(WELL, moved_n=N - 601), "frozen"),
        (replace(WELL, bright_n=N - 301), "black"),
        (replace(WELL, sound_n=N - 901), "silent"),
        (replace(WELL, sound_n=N - 901, is_heard=False), ""),
        (replace(WELL, is_quarantined=True), "quarantined"),
        # asked for a moment ago: its old words say nothing yet
        (replace(WELL, asked_n=N - 5, picture_n=N - 400), None),
        (replace(WELL, asked_n=N - 31, picture_n=N - 400), "no picture yet"),
        (replace(WELL, asked_n=N - 5, picture_n=N - 400, is_receiving=False), "lost"),
        (replace(WELL, asked_n=N - 5, moved_n=0, bright_n=0, sound_n=0), ""),
        # warm: not wanted, so only packets tell
        (replace(WELL, asked_n=0, picture_n=N - 200), ""),
        (replace(WELL, asked_n=0, picture_n=N - 200, is_receiving=False), "lost"),
        # a clip: nobody measures movement
        (Vitals(N - 100, is_receiving=True, picture_n=N), ""),
    ],
)
def test_what_is_wrong_with_a_source(vitals: Vitals, wrong: str | None) -> None:
    assert complaint(vitals, HEALTH, LIMITS, N) == wrong


def test_a_threshold_that_is_off_never_complains() -> None:
    off = Health(loss=None, freeze=None, black=None, silence=None, back_after=None)
    bad = replace(WELL, picture_n=1, moved_n=1, bright_n=1, sound_n=1)

    assert complaint(bad, off, LIMITS, N) == ""


def run(judged: Judged, n: int, frames: int, *, good: bool) -> Judged:
    for now in range(n, n + frames):
        vitals = replace(WELL, picture_n=now if good else now - 46, moved_n=now, bright_n=now)
        judged = judge(judged, replace(vitals, sound_n=now), HEALTH, LIMITS, now)
    return judged


def test_a_source_seen_for_the_first_time_is_what_it_is() -> None:
    assert run(Judged(), N, 1, good=True).verdict is Verdict.ALIVE
    assert run(Judged(), N, 1, good=False).verdict is Verdict.DEAD


def test_a_dead_source_is_back_after_it_has_been_good_long_enough_and_not_before() -> None:
    dead = run(run(Judged(), N, 1, good=True), N + 1, 1, good=False)
    assert dead.verdict is Verdict.DEAD
    assert dead.why == "lost"

    assert run(dead, N + 2, 300, good=True).verdict is Verdict.DEAD
    assert run(dead, N + 2, 301, good=True).verdict is Verdict.ALIVE


def test_a_source_never_seen_before_need_not_wait_when_it_comes() -> None:
    never = run(Judged(), N, 100, good=False)
    assert never.verdict is Verdict.DEAD

    assert run(never, N + 100, 1, good=True).verdict is Verdict.ALIVE


def test_a_first_picture_that_was_only_late_is_not_held_against_its_source() -> None:
    seen = Judged(Verdict.ALIVE, "", N - 5000, was_seen=True)
    asked = replace(WELL, asked_n=N - 31, picture_n=N - 400)
    late = judge(seen, asked, HEALTH, LIMITS, N)
    assert (late.verdict, late.deaths) == (Verdict.DEAD, ())

    assert run(late, N + 30, 1, good=True).verdict is Verdict.ALIVE


def test_a_late_first_picture_is_shown_when_it_is_there_and_not_a_second_after_its_slate() -> None:
    judged = Judged(Verdict.ALIVE, since_n=N - 900, was_seen=True)
    late = replace(WELL, asked_n=N - 31, picture_n=N - 400)
    judged = judge(judged, late, HEALTH, LIMITS, N)
    assert judged.verdict is Verdict.DEAD

    there = replace(WELL, asked_n=N - 31, picture_n=N + 3)
    assert judge(judged, there, HEALTH, LIMITS, N + 3).verdict is Verdict.ALIVE


def test_one_bad_frame_begins_the_waiting_again() -> None:
    dead = run(run(Judged(), N, 1, good=True), N + 1, 1, good=False)

    again = run(run(dead, N + 2, 299, good=True), N + 301, 1, good=False)

    assert run(again, N + 302, 300, good=True).verdict is Verdict.DEAD


def test_the_third_death_in_ten_minutes_latches_until_the_slot_is_over() -> None:
    judged, n = run(Judged(), N, 1, good=True), N + 1
    for _ in range(3):
        judged = run(judged, n, 1, good=False)
        assert judged.verdict is Verdict.DEAD
        judged = run(judged, n + 1, 301, good=True)
        n += 302
    assert judged.is_latched
    assert judged.verdict is Verdict.DEAD

    forgiven = unlatched({"mumbai.headset": judged})["mumbai.headset"]

    assert run(forgiven, n, 1, good=True).verdict is Verdict.ALIVE


def test_a_latched_source_comes_back_after_five_good_minutes() -> None:
    latched = Judged(Verdict.DEAD, "lost", N, None, (N, N, N), is_latched=True)

    assert run(latched, N + 1, 9000, good=True).verdict is Verdict.DEAD
    assert run(latched, N + 1, 9001, good=True).verdict is Verdict.ALIVE


def test_a_frozen_picture_does_not_flip_the_verdict_within_a_second() -> None:
    alive = Judged(Verdict.ALIVE, "", N - 10, N - 10)
    frozen = replace(WELL, moved_n=N - 700)

    assert judge(alive, frozen, HEALTH, LIMITS, N).verdict is Verdict.ALIVE
    later = judge(alive, replace(frozen, picture_n=N + 20), HEALTH, LIMITS, N + 20)
    assert later.verdict is Verdict.DEAD


def test_quarantine_kills_at_once_and_ends_when_it_is_lifted() -> None:
    alive = Judged(Verdict.ALIVE, "", N, N)

    dead = judge(alive, replace(WELL, is_quarantined=True), HEALTH, LIMITS, N)
    assert dead.verdict is Verdict.DEAD
    assert dead.deaths == ()

    lifted = run(dead, N + 100, 2, good=True)
    assert lifted.verdict is Verdict.ALIVE


def test_the_dead_are_those_judged_dead_and_those_that_do_not_exist() -> None:
    judged = {"a.x": Judged(Verdict.DEAD), "b.y": Judged(Verdict.ALIVE), "c.z": Judged()}

    assert dead_of(judged, {"guest.v-rao"}) == {"a.x", "guest.v-rao"}
