"""What the monitor makes: the programme, the preview, the feeds' tiles, the sound. Its thread.

Each view gives a frame number and bytes, or None when there is nothing new or nothing at all.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from orchestrator.bus.tree import LiveTree
from orchestrator.media import thumbnail
from orchestrator.media.house import House
from orchestrator.media.picture import Planes, new_picture, scale
from orchestrator.media.ring import RingReader
from orchestrator.media.thumbnail import ThumbnailReader
from orchestrator.programme.compositor import Compositor
from orchestrator.programme.drawer import Drawer, Order
from orchestrator.programme.graphics import shown_at, with_time
from orchestrator.programme.overlay import Overlay
from orchestrator.programme.setting import Setting
from orchestrator.programme.sources import Sources
from orchestrator.rundown.scene import Look, Scene
from orchestrator.timing.grid import AUDIO_RATE

log = logging.getLogger(__name__)

WIDTH, HEIGHT = 480, 270
"""Of the programme and the preview at the desk (DESK §3)."""

SOUND_RATE = 24_000
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 72]
_SOUND_BEHIND = AUDIO_RATE // 10
_MOST_SOLOS = 8


def jpeg(planes: Planes) -> bytes:
    """A picture as JPEG. Its colours are taken as BT.601, as JPEG has them: a shade off BT.709."""
    height, width = planes[0].shape
    flat = np.concatenate([np.ascontiguousarray(plane).reshape(-1) for plane in planes])
    bgr = cv2.cvtColor(flat.reshape(height * 3 // 2, width), cv2.COLOR_YUV2BGR_I420)
    return bytes(cv2.imencode(".jpg", bgr, _QUALITY)[1])


class ProgrammeView:
    """The programme as the tap gives it, no larger than the desk shows it."""

    def __init__(self, tree: LiveTree, house: House) -> None:
        size = min(house.ladder, key=lambda rendition: rendition.width)
        self._ring = RingReader(tree.monitor_ring, size.width, size.height)
        self._picture = new_picture(size.width, size.height)
        self._small = new_picture(*_at_most(size.width, size.height))
        self._last_n = 0

    def look(self) -> tuple[int, bytes] | None:
        n = self._ring.newest_n()
        if not n or n == self._last_n:
            return None
        found = self._ring.picture(n, self._picture)
        if found is None:
            return None
        self._last_n = found
        scale(self._picture, self._small)
        return found, jpeg(self._small)


class PreviewView:
    """The scene that the desk looks at, composed from the same rings by the same compositor."""

    def __init__(self, tree: LiveTree, setting: Setting) -> None:
        house = setting.house
        self._path = tree.preview
        self._house = house
        self._sources = Sources(tree, house)
        self._compositor = Compositor(house.width, house.height, self._sources)
        self._picture = new_picture(house.width, house.height)
        self._small = new_picture(*_at_most(house.width, house.height))
        self._drawer: Drawer | None = None
        self._stamp = (0, 0)
        self._scene: Scene | None = None
        self._decoder = msgspec.json.Decoder(Scene)

    def look(self, n: int) -> tuple[int, bytes] | None:
        self._follow()
        if self._scene is None:
            return None
        look = Look(n, self._scene)
        self._compositor.render(look, self._picture, self._overlays(look))
        scale(self._picture, self._small)
        return n, jpeg(self._small)

    def rest(self, is_watched: bool) -> None:
        """With nobody watching, let go of rings and pictures."""
        if not is_watched:
            self._sources.forget_unused(1 << 62)

    def stop(self) -> None:
        if self._drawer is not None:
            self._drawer.stop()

    def facts(self) -> Mapping[str, object]:
        return {"is_set": self._scene is not None, "missing_pictures": self._compositor.missing}

    def _overlays(self, look: Look) -> tuple[Overlay, ...]:
        """The graphics as on the first frame of the scene: fully in, whatever their time."""
        overlays = []
        for graphic, _ in shown_at(look):
            if self._drawer is None:
                self._drawer = Drawer()
                self._drawer.start()
            data = with_time(graphic.data, look.n, self._house.grid)
            template = graphic.template or graphic.use
            order = Order.of(template, data, self._house.width, self._house.height)
            drawing = self._drawer.drawing(order)
            if drawing is not None:
                overlays.append(Overlay(drawing, 1.0))
        return tuple(overlays)

    def _follow(self) -> None:
        try:
            stat = self._path.stat()
            stamp = (stat.st_ino, stat.st_mtime_ns)
            if stamp != self._stamp:
                self._stamp = stamp
                self._scene = self._decoder.decode(self._path.read_bytes())
        except FileNotFoundError:
            self._stamp, self._scene = (0, 0), None
        except msgspec.DecodeError as error:
            log.error("the desk's preview is no scene: %s", error)
            self._scene = None


class FeedViews:
    """A feed's tile: from its ring while it is hot, else its last keyframe."""

    def __init__(self, tree: LiveTree, house: House) -> None:
        self._tree = tree
        self._house = house
        self._rings: dict[str, RingReader] = {}
        self._thumbnails: dict[str, ThumbnailReader] = {}
        self._last: dict[str, int] = {}
        self._picture: Planes | None = None
        self._small = new_picture(thumbnail.WIDTH, thumbnail.HEIGHT)

    def look(self, feed: str, n: int) -> tuple[int, bytes] | None:
        if "/" in feed or len(self._last) > 200:
            return None
        made = self._hot(feed, n) or self._warm(feed)
        if made is None or made[0] == self._last.get(feed):
            return None
        self._last[feed] = made[0]
        return made[0], jpeg(made[1])

    def _hot(self, feed: str, n: int) -> tuple[int, Planes] | None:
        ring = self._rings.get(feed)
        if ring is None:
            ring = RingReader(self._tree.ring(feed), self._house.width, self._house.height)
            self._rings[feed] = ring
        if ring.due(n) is None:
            return None
        if self._picture is None:
            self._picture = new_picture(self._house.width, self._house.height)
        found = ring.picture(n, self._picture)
        if found is None:
            return None
        scale(self._picture, self._small)
        return found, self._small

    def _warm(self, feed: str) -> tuple[int, Planes] | None:
        reader = self._thumbnails.get(feed)
        if reader is None:
            reader = self._thumbnails[feed] = ThumbnailReader(self._tree.thumbnail(feed))
        return reader.read()


class SoundView:
    """A ring's sound since the last time, 16 bit, one channel, 24 kHz, little-endian."""

    def __init__(self, ring: RingReader, house: House) -> None:
        self._ring = ring
        self._grid = house.grid
        self._next = 0

    @classmethod
    def of_programme(cls, tree: LiveTree, house: House) -> SoundView:
        size = min(house.ladder, key=lambda rendition: rendition.width)
        return cls(RingReader(tree.monitor_ring, size.width, size.height), house)

    def hear(self) -> tuple[int, bytes] | None:
        end = self._ring.sound_end()
        if not end:
            self._next = 0
            return None
        if not 0 < end - self._next <= AUDIO_RATE:
            self._next = max(0, end - _SOUND_BEHIND)
        first, count = self._next, (end - self._next) // 2 * 2
        if count == 0:
            return None
        samples: NDArray[np.float32] = np.empty((count, 2), np.float32)
        self._next = first + count
        if not self._ring.sound(first, count, samples):
            return None
        mono = samples.mean(axis=1).reshape(-1, 2).mean(axis=1)
        pcm = np.clip(mono * 32767.0, -32768, 32767).astype("<i2")
        return first // self._grid.samples_per_frame, pcm.tobytes()

    def close(self) -> None:
        self._ring.close()


class SoloViews:
    """One feed's sound, for somebody's ears: there while the feed is hot (SOLO asks for that)."""

    def __init__(self, tree: LiveTree, house: House) -> None:
        self._tree = tree
        self._house = house
        self._views: dict[str, SoundView] = {}

    def hear(self, feed: str) -> tuple[int, bytes] | None:
        if "/" in feed or (feed not in self._views and len(self._views) >= _MOST_SOLOS):
            return None
        view = self._views.get(feed)
        if view is None:
            ring = RingReader(self._tree.ring(feed), self._house.width, self._house.height)
            view = self._views[feed] = SoundView(ring, self._house)
        return view.hear()

    def keep(self, feeds: frozenset[str]) -> None:
        """Let go of the rings that nobody listens to any more."""
        for feed in self._views.keys() - feeds:
            self._views.pop(feed).close()


def _at_most(width: int, height: int) -> tuple[int, int]:
    return (WIDTH, HEIGHT) if width > WIDTH else (width, height)
