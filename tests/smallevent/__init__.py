"""A small event and the folders it is prepared in: for tests of what control does with it."""

from dataclasses import dataclass
from pathlib import Path

from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.prepare import prepare
from orchestrator.timing import Grid, ManualClock

GRID = Grid.standard(30)

EVENT = """\
version: 1
event: {id: small, title: A small event, timezone: Europe/Paris, start: 2026-10-24 12:00,
        duration: 40m, audience: open}
programme: {size: 320x180, fps: 30}
sites:
  london:
    {title: Thamesside, city: London, timezone: Europe/London,
     feeds: {headset: {srt: "srt://127.0.0.1:9001"}, room: {srt: "srt://127.0.0.1:9002"}}}
  studio:
    {title: Round table, city: Paris, timezone: Europe/Paris,
     feeds: {main: {srt: "srt://127.0.0.1:9003"}}}
outputs: {hls: {ladder: [180p], window: 20s}}
kinds:
  panel: {graphics: []}
  surgery: {graphics: []}
rundown:
  - {id: opening, title: Welcome, kind: panel, site: studio, start: event, duration: 5m, flex: none}
  - {id: case, title: A case, kind: surgery, site: london, duration: 10m,
     flex: {shrink: 5m, grow: 5m}, consent: C-1, not_ready: {wait: 30s, then: start}}
  - {id: talk, title: A talk, kind: panel, site: studio, duration: 10m,
     flex: {shrink: 5m, grow: 5m}}
  - {id: minister, title: The minister, kind: panel, site: studio, start: "12:25", duration: 10m,
     flex: none}
  - {id: closing, title: Goodbye, kind: panel, site: studio, duration: 5m, flex: none}
"""

GUESTS_EVENT = (
    EVENT.replace(
        "sites:\n",
        "people:\n"
        "  tess: {name: Tess Rao, zone: America/Lima, languages: [es]}\n"
        "  ben: {name: Ben Kim}\n"
        "sites:\n",
        1,
    )
    .replace('9003"}}', '9003"}, tess: {srt: "srt://127.0.0.1:9004"}}', 1)
    .replace(
        "title: A talk, kind: panel, site: studio,",
        "title: A talk, kind: panel, site: studio, scene: {layout: full, main: guest.tess}, "
        "fallback: {main: [studio.main]},",
        1,
    )
)
"""The same, with a guest who joins `talk` from home and has a line into the studio."""


@dataclass(frozen=True, slots=True)
class Place:
    """Folders, an event file and a clock that stands at the first frame of the event."""

    live: LiveTree
    state: StateFolder
    event: Path
    clock: ManualClock

    def prepare(
        self, *, start: str | None = None, fresh: bool = False, reload: bool = False
    ) -> list[str]:
        return prepare(
            self.live, self.state, self.event, self.clock, start=start, fresh=fresh, reload=reload
        )

    def at(self, n: int) -> None:
        self.clock.set(GRID.instant_ns(n))
