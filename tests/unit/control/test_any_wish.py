"""Whatever is asked of the desk: an answer that can be sent; what is refused has done nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from smallevent import Place

from orchestrator.control.desksocket import line_of
from orchestrator.control.gallery import Gallery
from orchestrator.control.journal import read_journal
from orchestrator.control.roles import Role
from orchestrator.control.words import WORDS

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["london.room", "studio.main", "opening", "case", "london", "10m", "-6 dB",
                       "full", "main", "12:10", "\ud800", "a\nb", "x" * 600]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner,
                                                                max_size=3),
    max_leaves=6,
)  # fmt: skip


@st.composite
def wishes(draw: st.DrawFn) -> object:
    word = draw(st.sampled_from(list(WORDS.values())))
    names = st.sampled_from([field.name for field in word.fields] or ["x"]) | st.text(max_size=8)
    return {
        "verb": word.name,
        "author": draw(st.sampled_from(["tom", "ana"])),
        "args": draw(st.dictionaries(names, ODD, max_size=4)),
        "reason": draw(st.text(max_size=20)),
        "dry": draw(st.booleans()),
        "saw": draw(st.none() | st.dictionaries(st.sampled_from(["plan", "preview"]), ODD)),
    }


@pytest.fixture
def opened(place: Place) -> Iterator[tuple[asyncio.Runner, Gallery, Place]]:
    place.prepare()
    with asyncio.Runner() as runner:
        gallery = Gallery(place.live, place.state, place.clock)
        yield runner, gallery, place
        runner.run(gallery.close())


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(wish=wishes() | ODD, role=st.sampled_from(Role))
def test_any_wish_is_answered_and_a_refused_one_has_done_nothing(
    opened: tuple[asyncio.Runner, Gallery, Place], wish: object, role: Role
) -> None:
    runner, gallery, place = opened
    before = gallery.last_seq
    place.clock.advance(2)  # a TAKE right after another is refused

    answer = runner.run(gallery.ask(wish, role=role, site="london" if role is Role.SITE else ""))

    assert json.loads(line_of(answer)) is not None
    if not answer["ok"]:
        assert answer["code"]
        assert answer["why"]
        assert gallery.last_seq == before
    reading = read_journal(place.state.journal)
    assert not reading.damages
    assert reading.highest_seq == gallery.last_seq
