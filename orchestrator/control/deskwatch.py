"""Looks once at everything the desk shows, and writes what the monitor is to compose.

On control's loop: some forty small files on tmpfs are read, two milliseconds in all. Reading never
fails; what is not there is shown as unknown.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import msgspec

from orchestrator.bus.lines import replace_json
from orchestrator.bus.tree import LiveTree
from orchestrator.control.deskpicture import composed
from orchestrator.control.deskview import Watched
from orchestrator.control.facts import read_facts, read_feed
from orchestrator.control.gallery import Gallery
from orchestrator.rundown.livechanges import live_changes
from orchestrator.timing import Clock

log = logging.getLogger(__name__)


def look(
    gallery: Gallery, live: LiveTree, clock: Clock, warnings: Sequence[str] = (), **more: Any
) -> Watched:
    """Everything as of now. `more` are fields of `Watched` that others know."""
    now_ns = clock.now_ns()
    n = gallery.grid.frame_at(now_ns)
    return Watched(
        show=gallery.show,
        n=n,
        now_ns=now_ns,
        state=gallery.state,
        facts=read_facts(live),
        pages={
            feed.id: read_feed(live.feed_page(feed.id), n, now_ns)
            for feed in gallery.show.resolved.feeds()
        },
        present=gallery.presence.there(now_ns),
        loudness_lufs=gallery.loudness_lufs,
        open_items=gallery.open_items,
        warnings=warnings,
        not_in_file=[
            {"kind": live.kind, "about": live.about, "value": live.value, "text": live.text}
            for live in live_changes(gallery.show, n)
        ],
        reload=gallery.new_day,
        **more,
    )


class PreviewFile:
    """Keeps `preview.json` as the scene that the monitor composes. On control's loop."""

    def __init__(self, live: LiveTree) -> None:
        self._path = live.preview
        self._written: Any = ()
        self._is_lost = False

    def follow(self, seen: Watched) -> None:
        """Write the scene if it has changed; without one there is no file."""
        scene = composed(seen)
        value = None if scene is None else msgspec.to_builtins(scene)
        if value == self._written:
            return
        try:
            if value is None:
                self._path.unlink(missing_ok=True)
            else:
                replace_json(self._path, value)
        except OSError as error:
            if not self._is_lost:
                log.error("the preview cannot be written for the monitor: %s", error.strerror)
            self._is_lost = True
        else:
            self._written, self._is_lost = value, False
