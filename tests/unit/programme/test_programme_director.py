"""The director: a new scene waits for its pictures, and nothing half-old is shown."""

from orchestrator.programme.director import Director
from orchestrator.rundown.plan import CUT, Place, Transition
from orchestrator.rundown.scene import Cause, Layer, Look, Scene

N = 1_000_000
PATIENCE = 30
MIX = Transition("mix", 4)


def scene(source: str, began_n: int = 0) -> Scene:
    layer = Layer(Place("main", (0, 0, 1, 1)), source, source, 0.0)
    return Scene("slot", "", "full", (layer,), Cause("schedule", "start"), began_n)


class Plan:
    """`a` until frame N + 10, then `b` with a transition."""

    def __init__(self, transition: Transition = CUT, standby: str = "slate.event") -> None:
        self.transition = transition
        self.old, self.new = scene("a"), scene("b", N + 10)
        self.standby = scene(standby, N + 10)

    def at(self, n: int, dead: frozenset[str]) -> Look:
        if n < N + 10:
            return Look(n, self.old)
        new = self.standby if "b" in dead else self.new
        done = n - (N + 10) + 1
        if done > self.transition.frames:
            return Look(n, new)
        progress = done / (self.transition.frames + 1)
        return Look(n, new, self.old, self.transition, progress)


NOBODY: frozenset[str] = frozenset()


def played(plan: Plan, ready_from: int, frames: int = 60) -> dict[int, Look]:
    director = Director(PATIENCE)
    looks = {}
    for n in range(N, N + frames):
        looks[n] = director.look(plan, n, NOBODY, lambda s, at: s != "b" or at >= ready_from)
    return looks


def test_a_scene_whose_pictures_are_there_comes_on_its_frame() -> None:
    looks = played(Plan(), ready_from=0)

    assert looks[N + 9].scene.sources() == {"a"}
    assert looks[N + 10].scene.sources() == {"b"}


def test_a_scene_without_pictures_waits_and_the_old_one_stays() -> None:
    looks = played(Plan(), ready_from=N + 16)

    assert {n for n in looks if looks[n].scene.sources() == {"a"}} == set(range(N, N + 16))


def test_after_a_second_the_show_goes_on_without_the_picture() -> None:
    looks = played(Plan(), ready_from=N + 1000)

    assert looks[N + 10 + PATIENCE - 1].scene.sources() == {"a"}
    assert looks[N + 10 + PATIENCE].scene.sources() == {"b"}


def test_a_transition_that_had_to_wait_is_played_in_full() -> None:
    looks = played(Plan(MIX), ready_from=N + 16)

    shown = [looks[n].progress if looks[n].outgoing else 1.0 for n in range(N + 15, N + 22)]

    assert shown == [1.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.0]
    assert looks[N + 15].scene.sources() == {"a"}
    assert looks[N + 16].outgoing == scene("a")


def test_a_transition_that_need_not_wait_is_the_shows_own() -> None:
    plan = Plan(MIX)
    looks = played(plan, ready_from=0)

    assert [looks[n] for n in range(N, N + 60)] == [plan.at(n, NOBODY) for n in range(N, N + 60)]


def test_the_sound_of_a_waiting_scene_waits_with_its_picture() -> None:
    plan, director = Plan(), Director(PATIENCE)
    for n in range(N, N + 12):
        director.look(plan, n, NOBODY, lambda source, at: source != "b")

    assert director.sound_look(plan, N + 13, NOBODY).scene.sources() == {"a"}
    assert director.waiting_for() == {"b"}


def test_a_stand_in_that_is_there_ends_the_waiting() -> None:
    plan, director = Plan(), Director(PATIENCE)
    for n in range(N, N + 12):
        director.look(plan, n, NOBODY, lambda source, at: source != "b")

    look = director.look(plan, N + 12, frozenset({"b"}), lambda source, at: source != "b")

    assert look.scene.sources() == {"slate.event"}
    assert director.waiting_for() == NOBODY


def test_the_first_scene_of_all_never_waits() -> None:
    look = Director(PATIENCE).look(Plan(), N, NOBODY, lambda source, at: False)

    assert look.scene.sources() == {"a"}
