"""The DVR's playlists: hours of segments, rendered and packed once per change for all who ask.

All tracks have the same text: URIs are relative, and every track has every segment. A day is 13,500
segments, 1.6 MB of text and 200 KB packed; joining and packing it takes 20 ms, which is why a
thread does it. A player loads that once; from then on it asks for what is new (EXT-X-SKIP). Nobody
waits for a reload here: whoever looks back is not in a hurry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from orchestrator.bus.dvr import Shape, first_part
from orchestrator.delivery.dvrshelf import DvrShelf, DvrView
from orchestrator.delivery.guide import Guide
from orchestrator.delivery.playlists import (
    HOLD_BACK_TARGETS,
    SKIP_TARGETS,
    VERSION,
    DateRange,
    Skip,
    daterange_tag,
    iso,
    rounded_up,
    skip_tag,
)
from orchestrator.delivery.rendered import Rendered


@dataclass(frozen=True, slots=True)
class Lengths:
    """What a DVR playlist says of its lengths, and never changes."""

    segment_s: Fraction

    @classmethod
    def of(cls, shape: Shape) -> Lengths:
        return cls(Fraction(shape.group * shape.segment_frames, shape.fps))

    @property
    def target_s(self) -> int:
        """EXT-X-TARGETDURATION: every EXTINF, rounded, is at most this."""
        return int(self.segment_s + Fraction(1, 2))

    @property
    def skip_until_s(self) -> int:
        return SKIP_TARGETS * self.target_s

    def head(self, first_g: int) -> list[str]:
        hold_back = rounded_up(HOLD_BACK_TARGETS * max(Fraction(self.target_s), self.segment_s))
        return [
            "#EXTM3U",
            f"#EXT-X-VERSION:{VERSION}",
            f"#EXT-X-TARGETDURATION:{self.target_s}",
            f"#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL={self.skip_until_s},HOLD-BACK={hold_back}",
            f"#EXT-X-MEDIA-SEQUENCE:{first_g}",
            "#EXT-X-INDEPENDENT-SEGMENTS",
            '#EXT-X-MAP:URI="init.mp4"',
        ]

    def skippable(self, count: int) -> int:
        """How many of `count` segments lie wholly beyond the Skip Boundary."""
        return max(0, int((count * self.segment_s - self.skip_until_s) / self.segment_s))


class DvrText:
    """Renders playlists; keeps the lines of each segment. Pure; one thread at a time."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._lengths = Lengths.of(shape)
        self._extinf = f"#EXTINF:{rounded_up(self._lengths.segment_s, 9)},"
        self._lines: dict[tuple[int, int], str] = {}

    def render(
        self,
        view: DvrView,
        tags: Mapping[int, int],
        dateranges: Sequence[DateRange],
        *,
        skip: int = 0,
        has_ended: bool = False,
    ) -> str:
        """The playlist without its first `skip` segments."""
        lines = self._lengths.head(view.first_g)
        if skip:
            lines.append(skip_tag(Skip(skip)))
        lines += map(daterange_tag, dateranges)
        names = [(g, tags.get(g, 0)) for g in range(view.first_g + skip, view.last_g + 1)]
        lines += [self._lines.get(name) or self._write(name) for name in names]
        lines += ["#EXT-X-ENDLIST"] * has_ended
        if not skip:
            self._lines = {name: self._lines[name] for name in names}
        return "\n".join(lines) + "\n"

    def _write(self, name: tuple[int, int]) -> str:
        g, tag = name
        grid = self._shape.grid
        date = iso(grid.utc(grid.first_frame(first_part(self._shape, g))))
        uri = f"dvr/{g}.r{tag}.m4s" if tag else f"dvr/{g}.m4s"
        self._lines[name] = f"#EXT-X-PROGRAM-DATE-TIME:{date}\n{self._extinf}\n{uri}"
        return self._lines[name]


class DvrPlaylists:
    """On the origin's loop. A rendering is good for one revision of the shelf."""

    def __init__(self, shelf: DvrShelf, guide: Guide) -> None:
        self._shelf = shelf
        self._guide = guide
        self._text = DvrText(shelf.shape)
        self._lengths = Lengths.of(shelf.shape)
        self._rendering = asyncio.Lock()
        self._state: tuple[int, bool] = (-1, False)
        self._cache: dict[bool, Rendered] = {}

    @property
    def target_s(self) -> int:
        return self._lengths.target_s

    async def media(self, *, is_delta: bool, has_ended: bool) -> Rendered | None:
        """The newest playlist of every track; None while there is nothing."""
        async with self._rendering:  # one renders, the others wait for it
            state = (self._shelf.revision, has_ended)
            if state != self._state:
                self._cache.clear()
                self._state = state
            if is_delta not in self._cache:
                view = self._shelf.view
                if view is None:
                    return None
                rendered = await self._render(view, is_delta=is_delta, has_ended=has_ended)
                if self._state != state:
                    return rendered
                self._cache[is_delta] = rendered
            return self._cache[is_delta]

    async def _render(self, view: DvrView, *, is_delta: bool, has_ended: bool) -> Rendered:
        shelf = self._shelf
        dateranges = self._guide.dateranges(shelf.first_n(view.first_g), shelf.end_n(view))
        skip = self._skippable(view) if is_delta else 0
        tags = shelf.tags()

        def render() -> Rendered:
            text = self._text.render(view, tags, dateranges, skip=skip, has_ended=has_ended)
            return Rendered.of(text)

        return render() if skip else await asyncio.to_thread(render)

    def _skippable(self, view: DvrView) -> int:
        """A player must hear of every new name before it is skipped: it asks for a delta only while
        its playlist is younger than half the Skip Boundary (6.2.5.1)."""
        count = self._lengths.skippable(view.last_g + 1 - view.first_g)
        renamed_g = self._shelf.renamed_since(self._lengths.skip_until_s)
        return count if renamed_g is None else max(0, min(count, renamed_g - view.first_g))
