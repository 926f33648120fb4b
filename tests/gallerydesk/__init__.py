"""A day with fourteen sites and everything about it that control measures, to be broken at will."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator.bus.orders import Order, Verb
from orchestrator.control.causes import find
from orchestrator.control.chain import Entry
from orchestrator.control.deskstate import DeskState
from orchestrator.control.eventfile import load_plan, resolve_plan
from orchestrator.control.incidents import Acked, Incidents, News
from orchestrator.control.sight import Sight
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show
from orchestrator.timing import Grid

GRID = Grid.standard(30)
S, MINUTE = 30, 30 * 60

IDLE = tuple(f"idle-{number}" for number in range(1, 13))
"""Twelve sites whose turn is hours away."""

_FEEDS = '{headset: {srt: "srt://127.0.0.1:9001"}, room: {srt: "srt://127.0.0.1:9002"}}'
_SITE = f"{{title: Clinic, city: Town, timezone: Europe/Paris, feeds: {_FEEDS}}}"

EVENT = f"""\
version: 1
event: {{id: desk, title: A long event, timezone: Europe/Paris, start: 2026-10-24 12:00,
        duration: 6h, audience: open}}
programme: {{size: 320x180, fps: 30, loudness: -16 LUFS, delay: 20s}}
defaults: {{transition: cut}}
people:
  tess: {{name: Tess Rao, role: Guest, zone: Europe/Paris}}
sites:
  studio: {{title: Round table, city: Paris, timezone: Europe/Paris,
           feeds: {{main: {{srt: "srt://127.0.0.1:9003"}}}}}}
  london: {{title: Thamesside, city: London, timezone: Europe/London, feeds: {_FEEDS}}}
{chr(10).join(f"  {site}: {_SITE}" for site in IDLE)}
outputs:
  hls: {{ladder: [180p], window: 20s}}
  push: {{youtube: {{url: "rtmp://a.example/live/k", backup: "rtmp://b.example/live/k"}}}}
kinds:
  panel: {{graphics: [], flex: none}}
  surgery: {{graphics: [], scene: {{layout: full, main: .headset, inset: ~}},
            audio: {{inset: ~}}, shots: [], fallback: {{main: [.room, slate.site], inset: ~}}}}
standby:
  - {{id: film, title: A film, kind: panel, site: studio, duration: 10m}}
rundown:
  - {{id: opening, title: Welcome, kind: panel, site: studio, start: event, duration: 20m}}
  - {{id: case, title: A case, kind: surgery, site: london, duration: 40m, end: ask, consent: C-1,
     flex: {{shrink: 10m, grow: 10m}}, standby: film, not_ready: {{wait: 3m, then: standby}}}}
  - {{id: minister, title: The minister, kind: panel, site: studio, start: "13:05", duration: 55m}}
  - {{id: home, title: From home, kind: panel, site: studio, duration: 20m,
     scene: {{layout: full, main: guest.tess}}, fallback: {{main: [studio.main]}}}}
  - {{id: later, title: Later, kind: panel, site: studio, duration: 2h, flex: {{grow: 2h}}}}
{chr(10).join(f"  - {{id: on-{site}, title: Case, kind: surgery, site: {site}, duration: 5m, end: auto, not_ready: ~, consent: C-1, flex: none}}" for site in IDLE)}
"""  # noqa: E501


def day_of(folder: Path) -> Resolved:
    path = folder / "desk.yaml"
    path.write_text(EVENT)
    return resolve_plan(load_plan(path), None)


def entry(seq: int, verb: str, n: int, author: str = "tom", **args: Any) -> Entry:
    """A line of the journal."""
    at = GRID.utc(n).isoformat(timespec="milliseconds")
    return Entry(seq, at, author, "operator", "", verb, args, n, "", "")


class House:
    """Everything works until a test says otherwise; `look` lets a second go by."""

    def __init__(self, day: Resolved) -> None:
        self.day = day
        self.n = day.start_n + MINUTE
        self.orders: list[Order] = []
        self.state = DeskState()
        self.pages: dict[str, dict[str, Any]] = {
            feed.id: {"state": "live", "beat_age_s": 0.1, "lufs": -16.0, "fps": 30.0}
            for feed in day.feeds()
        }
        self.judged: dict[str, dict[str, Any]] = {
            feed.id: {"verdict": "alive", "why": "", "since_n": day.start_n, "latched": False}
            for feed in day.feeds()
        }
        self.facts: dict[str, dict[str, Any]] = {
            "programme": {"loudness": {"short_term_lufs": -16.0}},
            "gate": {"blank": False, "held": False, "quarantined": [], "hidden": []},
            "origin": {"age_ms": 400.0},
            "push.youtube": {"state": "sending", "stalled_s": 0.0},
        }
        self.more: dict[str, Any] = {}
        self.hushed: set[str] = set()
        """Processes that write no facts any more; those they have written stay."""
        self._written_ns: dict[str, int] = {}
        self.incidents = Incidents()
        self.news: list[News] = []
        self.acks: dict[str, Acked] = {}

    def order(self, verb: Verb, **args: Any) -> None:
        seq = len(self.orders) + 1
        self.orders.append(Order(seq, verb, self.n, author="tom", args=args))

    def kill(self, *feeds: str, why: str = "lost") -> None:
        for feed in feeds:
            if why == "lost":
                self.pages[feed]["state"] = "backoff"
            self.judged[feed] = {
                "verdict": "dead", "why": why, "since_n": self.n, "latched": False
            }  # fmt: skip

    def mend(self, *feeds: str) -> None:
        for feed in feeds:
            self.pages[feed]["state"] = "live"
            self.judged[feed] = {
                "verdict": "alive", "why": "", "since_n": self.n, "latched": False
            }  # fmt: skip

    def feeds(self, *sites: str) -> tuple[str, ...]:
        return tuple(feed.id for feed in self.day.feeds() if feed.site in sites)

    def sight(self) -> Sight:
        for process in self.facts.keys() - self.hushed:
            self._written_ns[process] = GRID.instant_ns(self.n)
        facts = {
            process: dict(facts) | {"at_ns": self._written_ns[process]}
            for process, facts in self.facts.items()
        }
        facts["programme"]["sources"] = dict(self.judged)
        show = Show(self.day, self.orders)
        sight = Sight(show, self.n, facts, self.pages, self.state)
        return replace(sight, **self.more)

    def look(self, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.n += S
            found = find(self.sight())
            self.incidents, news = self.incidents.look(found, self.n, 30, self.acks)
            self.news += news

    def opened(self) -> list[str]:
        return [one.incident.cause for one in self.news if one.happening == "opened"]

    def cards(self) -> list[str]:
        return [one.cause for one in self.incidents.open() if not one.is_over]

    def card(self, cause: str) -> Any:
        return next(one.finding for one in self.incidents.open() if one.cause == cause)


def words(actions: Iterable[Any]) -> list[str]:
    return [action.word for action in actions]


def at(house: House, slot: str, plus: int = MINUTE) -> None:
    """So far into a slot, as planned; what comes after the case finds its end decided."""
    places = {s.id: s for s in house.day.slots}
    house.n = places[slot].start_n + plus
    end_n = places["case"].end_n
    if slot not in ("case", "minister"):
        house.orders.append(Order(1, Verb.END, end_n - S, args={"slot": "case", "end_n": end_n}))
