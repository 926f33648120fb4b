"""The whole chain, read from its output: real SRT in, low-latency HLS out; and what operators look
at meanwhile: the programme as it is made, a composed preview, a tile of every feed.

One run for all, in the order of its day: what is on at its end is asked last."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from harness.looker import Looker
from harness.run import Run, Sites, until
from harness.watch import Watch

from orchestrator.rehearsal import strip, witness
from orchestrator.rehearsal.strip import Strip
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

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


@pytest.fixture(scope="module")
def socket_path(run: Run) -> Path:
    path = run.live.monitor_socket
    until("the monitor listens", path.exists, 20)
    return path


def test_the_monitor_shows_the_programme_before_the_public_has_it(
    run: Run, watch: Watch, two_sites: Sites, socket_path: Path
) -> None:
    at = run.day().slots[1].start_n
    until("the second slot is on", lambda: run.now_n() > at + 30, 60)
    looker = Looker(socket_path, "programme", "sound", "sound.quito.headset")
    try:
        pictures, sound, level, solo = [], 0, 0, 0
        for message in looker.messages():
            if message.view == "programme":
                pictures.append((message.n, run.now_n(), message.site()))
            elif message.view == "sound.quito.headset":
                solo = max(solo, int(np.abs(np.frombuffer(message.body, "<i2").astype(int)).max()))
            else:
                samples = np.frombuffer(message.body, "<i2")
                sound += len(samples)
                level = max(level, int(np.abs(samples.astype(int)).max()))
            # a beep a second, and not in both at the same time
            if len(pictures) >= 20 and sound >= 24_000 and min(level, solo) > 1000:
                break
    finally:
        looker.close()
    assert {site for _, _, site in pictures} == {two_sites.number("quito.headset")}
    numbers = [n for n, _, _ in pictures]
    assert all(later - n >= 3 for n, later in itertools.pairwise(numbers)), (
        "ten a second, each later"
    )
    newest = max(n for n, _, _ in pictures)
    watch.wait_for(newest, timeout_s=20)
    public = {picture.n: picture.strip() for picture in watch.pictures("180p", newest, newest)}
    assert public[newest] is not None
    assert public[newest].site == two_sites.number("quito.headset")


def test_a_warm_feed_has_a_tile_and_a_preview_is_composed_apart_from_the_programme(
    run: Run, two_sites: Sites, socket_path: Path
) -> None:
    day = run.day()
    rest = next(slot for slot in day.slots if slot.id == "pip")
    scene = Show(day, ()).at(rest.start_n + 10).scene
    places = {layer.place.name: layer.source for layer in scene.layers}
    assert run.say("preview", layout=scene.layout, places=places)[0] == 200
    until("the picture in picture is on", lambda: run.now_n() > rest.start_n, 60)
    looker = Looker(socket_path, "preview", "feed.oslo.headset", "feed.quito.headset")
    try:
        tiles = {"feed.oslo.headset": 1, "feed.quito.headset": 2}
        preview: set[tuple[int | None, int | None]] = set()
        for message in looker.messages():
            if message.view == "preview":
                luma = message.luma()
                inset = strip.read(luma, (0.5, 0.5, 0.5, 0.5))
                preview.add((message.site(), inset.site if inset else None))
            elif message.luma().shape == (90, 160):
                tiles.pop(message.view, None)
            if not tiles and (1, 2) in preview:
                break
    finally:
        looker.close()


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
