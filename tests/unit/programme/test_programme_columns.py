"""Labels: the strictest of everything that is in a column."""

from dataclasses import replace

from orchestrator.bus.label import Label
from orchestrator.programme.columns import Columns
from orchestrator.rundown.plan import Place
from orchestrator.rundown.scene import Cause, Layer, Look, Scene
from orchestrator.timing import Grid

GRID = Grid.standard(30)
K = 1_000_000
FIRST = GRID.first_frame(K)


def scene(slot: str, *sources: str, audience: str = "open") -> Scene:
    place = Place("main", (0, 0, 1, 1))
    layers = tuple(Layer(place, source, source, 0.0) for source in sources)
    return Scene(slot, "", "full", layers, Cause("schedule", "start"), 0, audience=audience)


PANEL = scene("panel", "studio.main")
CASE = scene("case", "mumbai.headset", "clip.film", "slate.event", audience="professional")


def columns() -> Columns:
    collected = Columns(GRID, ())
    collected.set_day({"studio", "mumbai"}, {"case": frozenset({"platform"})})
    return collected


def test_a_column_is_labelled_with_its_last_frame() -> None:
    collected = columns()

    for n in range(FIRST, FIRST + 15):
        assert collected.take(Look(n, PANEL)) == []

    label = Label("open", ("panel",), ("studio",), ())
    assert collected.take(Look(FIRST + 15, PANEL)) == [(K, label)]


def test_one_professional_frame_makes_the_column_professional() -> None:
    collected = columns()
    collected.take(Look(FIRST, CASE))

    [(_, label)] = [
        done for n in range(FIRST + 1, FIRST + 16) for done in collected.take(Look(n, PANEL))
    ]

    assert label == Label("professional", ("case", "panel"), ("mumbai", "studio"), ("platform",))


def test_what_a_transition_comes_from_is_in_the_column_too() -> None:
    collected = columns()

    [(_, label)] = collected.take(replace(Look(FIRST + 15, PANEL), outgoing=CASE, progress=0.5))

    assert label.audience == "professional"
    assert label.sites == ("studio", "mumbai")


def test_skipped_columns_get_the_label_of_what_was_seen_before() -> None:
    collected = columns()
    collected.take(Look(FIRST, CASE))

    done = collected.take(Look(FIRST + 40, PANEL))

    assert [k for k, _ in done] == [K, K + 1]
    assert {label.audience for _, label in done} == {"professional"}


def test_after_a_long_stop_only_the_last_segment_is_labelled() -> None:
    collected = columns()
    collected.take(Look(FIRST, PANEL))

    done = collected.take(Look(FIRST + 16 * 1000, PANEL))

    assert [k for k, _ in done] == [K + 996 + i for i in range(4)]
