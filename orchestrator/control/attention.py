"""The desk's attention: once a second it looks at everything, and remembers what it has noticed.

On control's loop, after the gallery's tick. It reads facts and pages, feeds the pure parts
(`causes`, `incidents`, `loudness`), writes the diary, tells the gallery what is open and how loud
feeds are, and calls the telephone for what nobody picks up. It decides nothing.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.belfry import Belfry
from orchestrator.control.cards import acks_of, cards, second_person
from orchestrator.control.causes import find
from orchestrator.control.diary import Diary, run_of
from orchestrator.control.facts import read_facts, read_feed
from orchestrator.control.gallery import Gallery
from orchestrator.control.handover import form, items
from orchestrator.control.incidents import Happening, Incident, Incidents, News
from orchestrator.control.lipsync import KIND, WATCHES_S, LipSync, Measured
from orchestrator.control.loudness import Loudness
from orchestrator.control.material import Material
from orchestrator.control.past import Past
from orchestrator.control.rounds import Rounds
from orchestrator.control.sight import Sight
from orchestrator.control.webhook import VARIABLE, Webhook
from orchestrator.rundown.show import Show
from orchestrator.timing import Clock

log = logging.getLogger(__name__)

_HANG_AGAIN_S = 600
"""The clock is slewed and hours come near: bells are hung anew at least so often."""


class Attention:
    """`tick` once a second; `sight` is what was seen last, `cards` what there is to be shown."""

    def __init__(
        self,
        gallery: Gallery,
        live: LiveTree,
        state: StateFolder,
        clock: Clock,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._gallery = gallery
        self._live = live
        self._clock = clock
        self.diary = Diary(state.diary, run_of(gallery.journal.entries))
        self._loudness = Loudness()
        self.past = Past()
        self._webhook = Webhook(
            (os.environ if environment is None else environment).get(VARIABLE, "")
        )
        lines = list(self.diary.read())
        self.incidents = _remembered(lines)
        self.rounds = Rounds(lines)
        self.lipsync = LipSync(lines)
        self._belfry = Belfry(self.ring, clock, gallery.grid)
        self._material = Material(state, gallery.journal.entries)
        self._hung_for: Show | None = None
        self._hang_again_n = 0
        self.sight: Sight | None = None

    def start(self) -> None:
        """Bells ring by themselves from now on. On a running loop."""
        self._belfry.start()

    def tick(self) -> None:
        sight = self.look()
        self._loudness.hear({feed: page.get("lufs") for feed, page in sight.pages.items()})
        judged = {feed: sight.judged(feed) for feed in sight.pages}
        self.past.look(sight.n, sight.fps, sight.pages, judged)
        self.rounds.look(sight)
        if self._hung_for is not sight.show or sight.n >= self._hang_again_n:  # D12: derived anew
            self._ring(sight)
        self.consider(sight)

    def ring(self) -> None:
        """A bell is due, or may be."""
        self._ring(self.look())

    def _ring(self, sight: Sight) -> None:
        """What is due rings, and what is to come is hung."""
        for rung in self.rounds.ring(sight):
            self.diary.write("bell", n=sight.n, **rung.record())
            log.info("bell: %s %s", rung.about or rung.kind, rung.text)
        self._belfry.hang(self.rounds.to_come(sight))
        is_all_in_force = all(order.n <= sight.n for order in sight.show.orders)
        self._hung_for = sight.show if is_all_in_force else None
        self._hang_again_n = sight.n + _HANG_AGAIN_S * sight.fps

    def look(self) -> Sight:
        """Everything as it is now. Reads files; never raises for what is not there."""
        gallery, now_ns = self._gallery, self._clock.now_ns()
        n = gallery.grid.frame_at(now_ns)
        pages = {
            feed.id: read_feed(self._live.feed_page(feed.id), n, now_ns)
            for feed in gallery.show.resolved.feeds()
        }
        return Sight(
            gallery.show,
            n,
            read_facts(self._live),
            pages,
            gallery.state,
            self._loudness.all,
            gallery.journal.trouble,
            len(gallery.journal.damages),
            gallery.new_day,
            self._material.free_bytes(),
            self._material.consent(gallery.show.resolved, gallery.grid.utc(n)),
            self._material.missing_clips(gallery.show.resolved),
            self._material.outdated(gallery.show.resolved, now_ns),
            self._material.unproved(),
            self.lipsync.offsets_ms,
        )

    def consider(self, sight: Sight) -> None:
        """What is wrong, and what has changed since the last look."""
        self.sight = sight
        before = self.incidents
        found = (*find(sight), *self.rounds.findings(sight))
        self.incidents, news = before.look(found, sight.n, sight.fps, acks_of(self._gallery.state))
        for one in news:
            self._tell(one)
        gallery = self._gallery
        gallery.loudness_lufs = dict(sight.loudness_lufs)
        cards = self.incidents.open()
        gallery.incidents = frozenset(one.cause for one in cards)
        gallery.open_items = {item.id: item.text for item in items(sight, cards)}

    def measure(self, feed: str) -> str:
        """Watch how far this hot feed's sound lies from its picture."""

        def keep(measured: Measured) -> None:
            if measured.offset_ms is not None:
                self.diary.write(KIND, feed=feed, n=measured.n, offset_ms=measured.offset_ms)
            log.info("lip sync of %s: %s", feed, measured.text)

        self.lipsync.begin(self._live, feed, self._gallery.now_n, keep)
        return f"{feed} is watched for {WATCHES_S} s: the site must flash and beep now"

    def handover(self) -> dict[str, Any]:
        """The form, as of now."""
        return form(self.look(), self.incidents.open(), self.rounds.readiness)

    def cards(self) -> list[dict[str, Any]]:
        gallery = self._gallery
        return cards(self.incidents.open(), acks_of(gallery.state), gallery.grid, self.second())

    def checks(self) -> dict[str, dict[str, Any]]:
        """How ready each slot of the next hour is: `{"state": READY|AMBER|RED, "why": […]}`."""
        return {slot: one.view() for slot, one in self.rounds.readiness.items()}

    def second(self) -> str:
        """Whom an incident goes to that the desk's holder does not pick up."""
        gallery = self._gallery
        there = [one.author for one in gallery.presence.there(self._clock.now_ns())]
        day = gallery.show.resolved
        return second_person(day, gallery.now_n, gallery.state.seat.holder, there)

    def facts(self) -> dict[str, object]:
        webhook = self._webhook
        return {
            "incidents": [one.cause for one in self.incidents.open()],
            "alarms": {
                "sent": webhook.sent,
                "failed": webhook.failed,
                "dropped": webhook.dropped,
            },
            "diary_lost": self.diary.lost,
            "bells": len(self.rounds.rung),
        }

    async def close(self) -> None:
        self._belfry.close()
        await self.lipsync.close()
        self.diary.close()
        await self._webhook.close()

    def _tell(self, news: News) -> None:
        incident, second = news.incident, self.second()
        finding = incident.finding
        self.diary.write("incident", happening=news.happening.value, incident=incident.record())
        level = logging.WARNING if news.happening is not Happening.CLOSED else logging.INFO
        log.log(level, "incident %s (%s): %s", news.happening.value, finding.grade, finding.what)
        if news.happening is Happening.ESCALATED:
            self._gallery.tell(second, f"nobody has taken this for a minute: {finding.what}")
            day, grid = self._gallery.show.resolved, self._gallery.grid
            self._webhook.post(
                {
                    "event": day.id,
                    "incident": incident.cause,
                    "grade": finding.grade.value,
                    "what": finding.what,
                    "if_nothing": finding.if_nothing,
                    "since": grid.utc(incident.since_n).isoformat(timespec="seconds"),
                    "for": second,
                }
            )


def _remembered(lines: Iterable[Mapping[str, Any]]) -> Incidents:
    """The incidents that were open when the diary was closed."""
    known: dict[str, Incident] = {}
    for line in lines:
        if line.get("kind") != "incident":
            continue
        try:
            incident = Incident.of(line["incident"])
        except (KeyError, TypeError, ValueError):
            continue
        if line.get("happening") == Happening.CLOSED:
            known.pop(incident.cause, None)
        else:
            known[incident.cause] = incident
    return Incidents(known)
