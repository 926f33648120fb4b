"""Drives Chromium with one player in it, and reports what a viewer would have noticed."""

from __future__ import annotations

import base64
import os
import statistics
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_MODULES = _ROOT / "node_modules"
_SCRIPTS = {
    "hls.js": _MODULES / "hls.js" / "dist" / "hls.min.js",
    "shaka": _MODULES / "shaka-player" / "dist" / "shaka-player.compiled.js",
}
CHROMIUM = Path(os.environ.get("ORCH_CHROMIUM", "/usr/bin/chromium"))
_LOOK_S = 0.1
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
]


@dataclass(frozen=True, slots=True)
class Stall:
    at_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class PlayReport:
    """Times count from the moment the player was started."""

    player: str
    seconds: float
    started_s: float | None
    """Until the picture moved; None if it never did."""
    latencies_s: tuple[float, ...]
    """Behind the wall clock, ten times a second once the picture moves; empty for native."""
    stalls: tuple[Stall, ...]
    errors: tuple[str, ...]
    fatal_errors: tuple[str, ...]
    frames: int
    dropped: int
    heights: tuple[int, ...]
    """Picture heights seen, in order of appearance."""
    frame: bytes
    """The last picture, as PNG; empty if there was none."""

    @property
    def latency_s(self) -> float | None:
        """Median of the second half."""
        half = self.latencies_s[len(self.latencies_s) // 2 :]
        return statistics.median(half) if half else None

    @property
    def stalled_s(self) -> float:
        return sum(stall.seconds for stall in self.stalls)

    def __str__(self) -> str:
        behind = "—" if self.latency_s is None else f"{self.latency_s:.2f} s behind"
        start = "never started" if self.started_s is None else f"started in {self.started_s:.1f} s"
        return (
            f"{self.player}: {start}, {behind}, "
            f"{len(self.stalls)} stalls ({self.stalled_s:.2f} s), "
            f"{len(self.errors)} errors ({len(self.fatal_errors)} fatal), "
            f"{self.frames} frames ({self.dropped} dropped), {self.seconds:.0f} s watched"
        )


class Viewer:
    """A player that is running. One thread: the one that began to watch."""

    def __init__(self, page: Page, player: str) -> None:
        self._page = page
        self._player = player

    def wait_playing(self, timeout_s: float = 20) -> None:
        """Return when the picture moves. Raises TimeoutError.

        Asks from outside: a page with a strict policy evaluates no strings.
        """
        for _ in range(round(timeout_s / _LOOK_S)):
            if self._page.evaluate("playerNotes().started_ms !== null"):
                return
            self.wait(_LOOK_S)
        raise TimeoutError(f"{self._player} has not started: {self.report()}")

    def wait(self, seconds: float) -> None:
        """Let it play."""
        self._page.wait_for_timeout(seconds * 1000)

    def evaluate(self, script: str) -> Any:
        return self._page.evaluate(script)

    def click_at(self, selector: str, share: float = 0.5) -> None:
        """A click of the mouse, at that share of the element's width."""
        self._page.mouse.click(*self._point(selector, share))

    def point_at(self, selector: str, share: float = 0.5) -> None:
        """Only the pointer, without a click."""
        self._page.mouse.move(*self._point(selector, share))

    def _point(self, selector: str, share: float) -> tuple[float, float]:
        box = self._page.locator(selector).bounding_box()
        assert box is not None, f"{selector} is not to be seen"
        return box["x"] + share * box["width"], box["y"] + box["height"] / 2

    def screenshot(self, path: Path) -> None:
        """The page as it looks."""
        self._page.screenshot(path=path)

    def screen(self) -> bytes:
        """The video as it stands on the screen, as PNG."""
        return self._page.locator("video").screenshot()

    def frame(self) -> bytes:
        """The present picture as PNG, in the size it was decoded in."""
        has_picture = self._page.evaluate("document.querySelector('video').videoWidth > 0")
        if not has_picture:
            return b""
        url = str(self._page.evaluate("currentFrame()"))
        return base64.b64decode(url.split(",", 1)[1])

    def report(self) -> PlayReport:
        """What has been noticed so far."""
        notes = self._page.evaluate("playerNotes()")
        started = notes["started_ms"]
        samples = [s for s in notes["samples"] if started is not None and s[0] * 1000 >= started]
        stalls = [Stall(at, length) for at, length in notes["stalls"]]
        if notes.get("open_stall"):
            stalls.append(Stall(notes["seconds"] - notes["open_stall"], notes["open_stall"]))
        return PlayReport(
            player=self._player,
            seconds=notes["seconds"],
            started_s=None if started is None else started / 1000,
            latencies_s=tuple(s[1] for s in samples if s[1] is not None),
            stalls=tuple(stalls),
            errors=tuple(f"{at:.1f} s: {what}" for at, _, what in notes["errors"]),
            fatal_errors=tuple(
                f"{at:.1f} s: {what}" for at, fatal, what in notes["errors"] if fatal
            ),
            frames=notes["frames"],
            dropped=notes["dropped"],
            heights=tuple(dict.fromkeys(int(s[3]) for s in samples if s[3])),
            frame=self.frame(),
        )


@contextmanager
def watch(url: str, player: str = "hls.js", **more: Any) -> Iterator[Viewer]:
    """One viewer of `url`; `watch_all` says the rest."""
    with watch_all(url, [player], **more) as (viewer,):
        yield viewer


@contextmanager
def watch_all(
    url: str,
    players: Sequence[str],
    *,
    options: dict[str, Any] | None = None,
    size: tuple[int, int] = (1280, 800),
    timezone: str | None = None,
) -> Iterator[list[Viewer]]:
    """Viewers of `url` (a multivariant playlist, or for `page` the address of the page).

    Each has a page of its own in one browser; `options` are for hls.js.
    """
    for player in players:
        _require(player)
    with _player_pages() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=_FLAGS)
        try:
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]}, timezone_id=timezone
            )
            pages = [_page(context, base, player, url) for player in players]
            for page, player in zip(pages, players, strict=True):
                page.evaluate(
                    "([name, url, options]) => watchPlayer(name, url, options)",
                    [player, url, options or {}],
                )
            yield [Viewer(page, player) for page, player in zip(pages, players, strict=True)]
        finally:
            browser.close()


def _page(context: BrowserContext, base: str, player: str, url: str) -> Page:
    """A page with the player in it, not yet started."""
    page = context.new_page()
    if player == "page":
        page.add_init_script(path=_HERE / "player.js")
        page.goto(url)
        return page
    page.goto(f"{base}/player.html")
    page.add_script_tag(path=_HERE / "player.js")
    if player in _SCRIPTS:
        page.add_script_tag(path=_SCRIPTS[player])
    return page


def play(url: str, player: str = "hls.js", seconds: float = 20, **more: Any) -> PlayReport:
    """Watch for so many seconds after the picture has begun to move; what was noticed."""
    with watch(url, player, **more) as viewer:
        viewer.wait_playing()
        viewer.wait(seconds)
        return viewer.report()


def _require(player: str) -> None:
    """Skip where this cannot run, loudly; in CI that is a failure."""
    missing = [str(p) for p in (CHROMIUM, _SCRIPTS.get(player, CHROMIUM)) if not p.exists()]
    if not missing:
        return
    reason = f"no {', no '.join(missing)} (install Chromium, run `npm ci`)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def _player_pages() -> Iterator[str]:
    """The page on a local port: a page from elsewhere may not ask 127.0.0.1."""
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *a, **k: _Quiet(*a, directory=str(_HERE), **k)
    )
    thread = threading.Thread(target=server.serve_forever, name="player pages", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
