"""STOP from the desk: the gate first, the journal, the slate, then everything ends, once."""

from __future__ import annotations

import signal

from gallerydesk import House, S

from orchestrator.bus.orders import Verb
from orchestrator.control.ending import Ending, is_over


def test_the_supervisor_is_asked_once_and_only_when_the_stream_has_ended(house: House) -> None:
    asked: list[tuple[int, int]] = []
    ending = Ending(lambda pid, sig: asked.append((pid, sig)))

    ending.look(house.sight(), 42)
    house.order(Verb.STOP)
    house.n += 20 * S
    ending.look(house.sight(), 42)
    assert asked == []  # the gate is still publishing the running segment

    house.facts["gate"]["ended"] = True
    ending.look(house.sight(), None)
    assert asked == []  # nobody has started us
    ending.look(house.sight(), 42)
    ending.look(house.sight(), 42)

    assert asked == [(42, signal.SIGTERM)]


def test_it_ends_with_a_dead_gate_too_and_shows_the_slate_until_then(house: House) -> None:
    house.order(Verb.STOP)
    house.n += 2 * S
    assert not is_over(house.sight())
    (layer,) = house.sight().show.at(house.n).scene.layers
    assert layer.source == "slate.event"
    del house.facts["gate"]
    house.n += 5 * S
    assert is_over(house.sight())
