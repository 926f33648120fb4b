"""Real players in a real browser, for tests: `play` for a while, or `watch` while things break.

    report = play(url, "hls.js", 20)
    with watch(url, "shaka") as viewer: ...; viewer.report()
    with watch_all(url, ["hls.js", "shaka"]) as viewers: ...

Players: `hls.js`, `shaka`, `native` (Chromium's own HLS), `page` (the viewer page at `url`).
Needs Chromium and `npm ci`; without them tests are skipped, in CI they fail.
"""

from players.viewer import PlayReport, Stall, Viewer, play, watch, watch_all

__all__ = ["PlayReport", "Stall", "Viewer", "play", "watch", "watch_all"]
