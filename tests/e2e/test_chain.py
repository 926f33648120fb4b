"""The whole chain, read from its output: real SRT in, low-latency HLS out, commands and kills."""

from __future__ import annotations

import itertools

import pytest
from harness.run import Run, Sites
from harness.watch import Watch

from orchestrator.rehearsal import strip, witness
from orchestrator.rehearsal.strip import Strip
from orchestrator.rundown.resolved import Resolved

pytestmark = pytest.mark.e2e

INSET = (0.5, 0.5, 0.5, 0.5)
OSLO, QUITO = 1, 2


def starts(day: Resolved) -> dict[str, int]:
    return {slot.id: slot.start_n for slot in day.slots}


def sites_seen(watch: Watch, first_n: int, last_n: int) -> dict[int, int | None]:
    """By programme frame, the site that fills the picture."""
    seen = watch.pictures("180p", first_n, last_n)
    found = {picture.n: picture.strip() for picture in seen}
    return {n: one.site if one else None for n, one in found.items()}


def change_of_site(seen: dict[int, int | None]) -> list[tuple[int, int | None]]:
    """Where the site changes: (first frame, site)."""
    ordered = sorted(seen.items())
    pairs = itertools.pairwise(ordered)
    return [(n, site) for (_, before), (n, site) in pairs if site != before]


@pytest.mark.timeout(180)
def test_every_scheduled_change_is_on_its_frame_and_sound_on_its_picture(
    run: Run, watch: Watch, two_sites: Sites
) -> None:
    at, grid = starts(run.day()), run.grid()
    end = at["rest"] + 60
    watch.wait_for(end, timeout_s=90)

    whole = sites_seen(watch, at["one"], end)
    cuts = change_of_site({n: s for n, s in whole.items() if n < at["mix"]})
    assert cuts == [(at["cut"], QUITO), (at["pip"], OSLO)]
    pictures = watch.pictures("180p", at["pip"] - 1, at["pip"] + 1)
    insets = {picture.n: picture.strip(INSET) for picture in pictures}
    assert insets[at["pip"] - 1] is None
    assert insets[at["pip"]] is not None
    assert insets[at["pip"]].site == QUITO

    shares = mix_progress(watch, at["mix"])
    assert shares[at["mix"] - 1] == pytest.approx(0, abs=0.02)
    assert shares[at["mix"]] == pytest.approx(1 / 19, abs=0.04)
    assert shares[at["mix"] + 9] == pytest.approx(10 / 19, abs=0.04)

    shots = {n: s for n, s in whole.items() if at["shots"] <= n < at["rest"]}
    assert change_of_site(shots) == [(at["shots"] + 90, QUITO), (at["rest"] - 60, OSLO)]

    for slot, number in (("one", OSLO), ("cut", QUITO), ("rest", OSLO)):
        first, last = at[slot] + 30, min(at[slot] + 210, end)
        seen = [(p.n, p.strip()) for p in watch.pictures("180p", first, last)]
        onsets = witness.beeps(watch.sound(first, last), number)
        offsets = witness.lip_sync_ms(seen, onsets, number, grid)
        assert offsets
        assert max(map(abs, offsets)) <= 1000 / grid.fps

    assert not watch.tracks["180p"].errors
    assert not any(watch.holes().values())


def mix_progress(watch: Watch, mix_n: int) -> dict[int, float]:
    """How far the mix from Oslo to Quito has come at each frame around `mix_n`.

    The strips of both are known at every frame: they count on from where they stood.
    """
    before = watch.pictures("180p", mix_n - 10, mix_n + 60)
    strips = {picture.n: picture.strip() for picture in before}
    oslo, quito = strips[mix_n - 5], strips[mix_n + 40]
    assert oslo is not None
    assert quito is not None
    shares = {}
    for picture in before:
        if mix_n - 1 <= picture.n < mix_n + 18:
            a = Strip(OSLO, (oslo.counter + picture.n - (mix_n - 5)) % 240)
            b = Strip(QUITO, (quito.counter + picture.n - (mix_n + 40)) % 240)
            shares[picture.n] = strip.share(picture.luma, a, b)
    return shares
