"""A site whose clock runs wrong by 500 ppm for four minutes: lip sync, and nothing that piles up.

Without following it, sound and picture would be 120 ms late or early at the end, and a buffer that
much fuller or emptier. Real packets; the clock is moved by their arrival.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from orchestrator.bus.feedpage import FeedWord
from orchestrator.feeds.board import Board
from orchestrator.feeds.gop import Stamped
from orchestrator.feeds.hot import HotDecoder, decoder_like
from orchestrator.feeds.readers.opened import OpenedInput
from orchestrator.feeds.sound import SoundLine
from orchestrator.feeds.timeline import Timeline
from orchestrator.media.conform import Conformer
from orchestrator.media.ring import RingReader, RingWriter
from orchestrator.rehearsal import strip
from orchestrator.timing import NS, Grid

pytestmark = pytest.mark.media

W, H = 320, 180
GRID = Grid.standard(30)
START_N = 51_000_000_000
FILM_S, ROUNDS = 8, 30
SOUND_BLOCK = np.zeros((1024, 2), np.float32)


class Contribution:
    """The film again and again, each packet arriving when the wrong clock has made it."""

    def __init__(self, film: Path, folder: Path, ppm: int) -> None:
        self._rate = 1 + ppm * 1e-6
        self._opened = OpenedInput("a film", str(film))
        assert self._opened.video is not None
        self.timeline = Timeline(300, 0)
        self.line = SoundLine()
        self.board = Board(folder / "page")
        ring = RingWriter(folder / "a.ring", W, H, session=1)
        self._decoder = HotDecoder(
            ring,
            Conformer(W, H),
            decoder_like(self._opened.video),
            self.timeline,
            GRID,
            self.board,
        )
        self._reader = RingReader(folder / "a.ring", W, H)
        self._out = (
            np.zeros((H, W), np.uint8),
            np.zeros((H // 2, W // 2), np.uint8),
            np.zeros((H // 2, W // 2), np.uint8),
        )
        self._n = START_N
        self.heard: list[tuple[float, float]] = []
        """Sample at which a block begins, and the second at which it was made."""
        self.seen: dict[int, int] = {}
        """The picture of the film on each frame."""

    def play(self) -> None:
        first: int | None = None
        for round_ in range(ROUNDS):
            for packet in self._opened.packets():
                tick = Fraction(packet.time_base or 0) * NS
                assert packet.dts is not None
                assert packet.pts is not None
                first = int(packet.dts * tick) if first is None else first
                if not 0 <= int(packet.pts * tick) - first < FILM_S * NS:
                    continue  # an encoder's priming and padding, once a round
                shift = round((round_ * FILM_S * NS - first) / tick)
                packet.dts, packet.pts = packet.dts + shift, packet.pts + shift
                dts_ns, pts_ns = int(packet.dts * tick), int(packet.pts * tick)
                now_ns = GRID.instant_ns(START_N) + round(dts_ns * self._rate)
                self._tick_until(now_ns)
                if packet.stream.type == "video":
                    self.timeline.arrived(dts_ns, now_ns)
                    self._decoder.offer_packet(
                        Stamped(packet, dts_ns, pts_ns, packet.is_keyframe, packet.size)
                    )
                else:
                    due_ns = self.timeline.sound_due_ns(pts_ns)
                    is_heard = self.timeline.is_frozen
                    placed = self.line.place(
                        SOUND_BLOCK, round(due_ns * 48_000 / NS), is_heard=is_heard
                    )
                    if placed is not None and is_heard:
                        self.heard.append((placed[0], pts_ns / NS))
            self._opened.rewind()

    def _tick_until(self, now_ns: int) -> None:
        while GRID.instant_ns(self._n) <= now_ns:
            if self._n == START_N + 6 * 30:
                self.timeline.freeze()
            while self._decoder.step(GRID.instant_ns(self._n)) == 0:
                pass
            if self.timeline.is_frozen and self._reader.picture(self._n, self._out) is not None:
                read = strip.read(self._out[0])
                if read is not None:
                    self.seen[self._n] = read.counter
            self._n += 1


@pytest.mark.timeout(120)
@pytest.mark.parametrize("ppm", [-500, 500])
def test_a_clock_500_ppm_wrong_stays_in_lip_sync_and_nothing_is_dropped_or_piles_up(
    film: Callable[..., Path], tmp_path: Path, ppm: int
) -> None:
    site = Contribution(film(seconds=float(FILM_S)), tmp_path, ppm)

    site.play()

    assert site.timeline.drift_ppb == pytest.approx(ppm * 1000, abs=40_000)
    samples, stamps = np.array(site.heard).T
    off, shown = [], []
    seen = {n: counter for n, counter in site.seen.items() if n * 1600 >= samples[0]}
    for n, counter in seen.items():
        made_s = float(np.interp(n * 1600, samples, stamps))
        newest = round((made_s * 30 - counter) / (FILM_S * 30)) * FILM_S * 30 + counter
        off.append(newest - made_s * 30)
        shown.append(newest)
    assert len(off) > 6000
    first, last = np.median(off[:900]), np.median(off[-900:])
    assert abs(last - first) < 0.5, "sound and picture part"
    assert np.abs(np.array(off) - first).max() <= 1.5
    assert site.board[FeedWord.DROPPED] == 0
    assert site.line.jumps == 0
    waits = [n - START_N - made for n, made in zip(seen, shown, strict=True)]
    expected = [(n - START_N) * ppm * 1e-6 for n in seen]
    grown = np.array(waits) - np.array(expected)
    assert np.ptp(grown[900:]) < 1.5, "what waits grows or shrinks"
