"""The watch: measures every source and has it judged, frame by frame.

Tick thread. Reads feeds' pages and rings; the rules are in `failover`. What is wanted is judged
every frame, everything else twice a second: a stand-in must be known to be dead before its turn.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.bus.feedpage import FeedState, FeedWord
from orchestrator.bus.page import PageReader
from orchestrator.bus.tree import LiveTree
from orchestrator.programme.failover import (
    Judged,
    Limits,
    Verdict,
    Vitals,
    dead_of,
    judge,
    unlatched,
)
from orchestrator.programme.sources import Sources
from orchestrator.rundown.plan import Health
from orchestrator.timing import NS, Clock

_BEAT_NS = 2 * NS
"""A feed whose process has not beaten for so long receives nothing, whatever its page says."""
_OTHERS_EVERY = 15


@dataclass(frozen=True, slots=True)
class Change:
    """A source whose verdict has changed."""

    source: str
    before: Judged
    after: Judged

    @property
    def verdicts(self) -> tuple[Verdict, Verdict]:
        return (self.before.verdict, self.after.verdict)


class Watch:
    """`judged` holds the verdicts; `dead` is what the show must not use."""

    def __init__(self, tree: LiveTree, clock: Clock, sources: Sources, fps: int) -> None:
        self._tree = tree
        self._clock = clock
        self._sources = sources
        self._limits = Limits.at(fps)
        self._pages: dict[str, PageReader] = {}
        self._asked_n: dict[str, int] = {}
        self._absent: frozenset[str] = frozenset()
        self.judged: dict[str, Judged] = {}
        self.dead: frozenset[str] = frozenset()
        self._slot = ""

    def remember(self, facts: Mapping[str, Any]) -> None:
        """What a killed predecessor wrote down a second ago at most: a feed that flaps must not
        be trusted again because the programme has died meanwhile."""
        slot, sources = facts.get("slot"), facts.get("sources")
        if isinstance(slot, str) and isinstance(sources, dict):
            self._slot = slot
            found = {source: remembered(record) for source, record in sources.items()}
            self.judged |= {source: judged for source, judged in found.items() if judged}
            self.dead = dead_of(self.judged, self._absent)

    def set_absent(self, sources: Collection[str]) -> None:
        """Sources that nothing can come from, ever."""
        self._absent = frozenset(sources)
        self.dead = dead_of(self.judged, self._absent)

    def begin(self, slot: str) -> None:
        """A slot begins: flaps of the last one are forgotten."""
        if slot != self._slot:
            self._slot = slot
            self.judged = unlatched(self.judged)

    def judge(
        self,
        n: int,
        *,
        known: Collection[str],
        wanted: Mapping[str, int],
        heard: Collection[str],
        quarantined: frozenset[str],
        health: Health,
    ) -> list[Change]:
        """Judge frame `n`; `known` is every source there is. Gives what has changed.

        `wanted` has the sources that are to be decoded, with the frame at which a clip begins.
        """
        self._note_wanted(n, wanted)
        due = known if n % _OTHERS_EVERY == 0 else [s for s in known if s in self._asked_n]
        changes: list[Change] = []
        for source in due:
            before = self.judged.get(source, Judged())
            vitals = self._vitals(
                source, n, is_heard=source in heard, is_quarantined=_site(source) in quarantined
            )
            after = judge(before, vitals, health, self._limits, n)
            if after is not before:
                self.judged[source] = after
                if after.verdict is not before.verdict:
                    changes.append(Change(source, before, after))
        if changes:
            self.dead = dead_of(self.judged, self._absent)
        return changes

    def _note_wanted(self, n: int, wanted: Mapping[str, int]) -> None:
        for source, begin_n in wanted.items():
            if source not in self._asked_n or begin_n > self._asked_n[source]:
                self._asked_n[source] = max(n, begin_n)
        for source in [s for s in self._asked_n if s not in wanted]:
            del self._asked_n[source]

    def _vitals(self, source: str, n: int, *, is_heard: bool, is_quarantined: bool) -> Vitals:
        asked_n = self._asked_n.get(source, 0)
        picture_n = self._sources.newest_n(source) if asked_n else 0
        if source.startswith("clip."):  # plays from `asked_n` on: nothing can be missed before
            return Vitals(asked_n, is_receiving=True, picture_n=max(picture_n, asked_n - 1))
        words = self._page(source).words()
        if words is None:
            return Vitals(asked_n, picture_n=picture_n, is_quarantined=is_quarantined)
        beat_ns = self._clock.now_ns() - int(words[FeedWord.ALIVE_NS])
        return Vitals(
            asked_n=asked_n,
            is_receiving=int(words[FeedWord.STATE]) == FeedState.LIVE and beat_ns < _BEAT_NS,
            picture_n=max(picture_n, int(words[FeedWord.PICTURE_N])),
            moved_n=int(words[FeedWord.MOVED_N]),
            bright_n=int(words[FeedWord.BRIGHT_N]),
            sound_n=int(words[FeedWord.SOUND_N]),
            is_heard=is_heard,
            is_quarantined=is_quarantined,
        )

    def _page(self, source: str) -> PageReader:
        page = self._pages.get(source)
        if page is None:
            page = self._pages[source] = PageReader(self._tree.feed_page(source))
        return page

    def facts(self) -> Mapping[str, object]:
        sources = {
            source: {
                "verdict": j.verdict.value,
                "why": j.why,
                "since_n": j.since_n,
                "deaths": j.deaths,
                "latched": j.is_latched,
            }
            for source, j in list(self.judged.items())
            if j.verdict is not Verdict.UNKNOWN
        }
        return {"slot": self._slot, "sources": sources}


def remembered(record: Any) -> Judged | None:
    """A source's judgement as `facts` wrote it down; None if nothing speaks against it."""
    try:
        deaths, is_latched = tuple(map(int, record["deaths"])), bool(record["latched"])
        verdict, why, since_n = Verdict(record["verdict"]), str(record["why"]), record["since_n"]
        if not deaths and not is_latched:
            return None
        return Judged(
            verdict, why, int(since_n), deaths=deaths, is_latched=is_latched, was_seen=True
        )
    except (KeyError, TypeError, ValueError):
        return None


def _site(source: str) -> str:
    return source.partition(".")[0]
