"""Which sources are wanted decoded at a frame: on air, within preroll, and what would stand in.

Pure. A source is wanted from its slot's (or shot's) preroll until it leaves the scene; decoding
follows the picture, not the number of connected sites (DESIGN §7).
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.rundown.lineup import NEVER, LiveSlot, RunKey
from orchestrator.rundown.moments import Spec
from orchestrator.rundown.script import Script
from orchestrator.rundown.standin import HIDE, chain, chosen, is_slate


@dataclass(frozen=True, slots=True)
class _Span:
    source: str
    from_n: int
    until_n: int
    clip_n: int


class Heat:
    """Remembers the spans of each run. One thread."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._sites = frozenset(script.resolved.sites)
        self._spans: dict[tuple[RunKey, int, str | None], tuple[_Span, ...]] = {}
        slots = script.resolved.slots
        plans = [*(slot.plan for slot in slots), *script.resolved.standby]
        self._longest_preroll = max((plan.preroll for plan in plans), default=0)

    def at(self, n: int) -> dict[str, int]:
        hot: dict[str, int] = {}
        asked = self._script.stretch(n)
        if asked.take is not None:
            hot |= self._sources(asked.spec, asked.run, asked.began_n)
        if n < asked.began_n + asked.transition.frames:  # the outgoing scene is still seen
            earlier = self._script.stretch(asked.began_n - 1)
            for source, clip_n in self._sources(earlier.spec, earlier.run, earlier.began_n).items():
                hot.setdefault(source, clip_n)
        day = self._script.day(n)
        chosen_in = self._script.chapter(n).epoch.decided.stand_ins
        for run in day.runs[max(day.index_at(n), 0) :]:
            if run.start_n - self._longest_preroll > n:
                break
            stand_in = chosen_in.get(run.id)
            for span in self._of(run, stand_in.source if stand_in is not None else None):
                if span.from_n <= n < span.until_n:
                    hot.setdefault(span.source, span.clip_n)
        return hot

    def _of(self, run: LiveSlot, chosen_for: str | None) -> tuple[_Span, ...]:
        key = (run.key, id(run.plan), chosen_for)
        known = self._spans.get(key)
        if known is not None:
            return known
        spans: list[_Span] = []
        moments = self._script.moments(run)
        end_n = NEVER if run.is_open else run.end_n
        for i, moment in enumerate(moments):
            until_n = moments[i + 1].n if i + 1 < len(moments) else end_n
            sources = self._sources(moment.spec, run, moment.n, chosen_for)
            for source, clip_n in sources.items():
                spans.append(_Span(source, moment.n - run.plan.preroll, until_n, clip_n))
        self._spans[key] = tuple(spans)
        return self._spans[key]

    def _sources(
        self, spec: Spec, run: LiveSlot | None, began_n: int, stand_in: str | None = None
    ) -> dict[str, int]:
        """The sources of a scene that need decoding, and for each place the first stand-in."""
        layout = self._script.resolved.layouts.get(spec.layout)
        fallback = run.plan.fallback if run is not None else {}
        fallback = chosen(fallback, spec.places, stand_in)
        sources: dict[str, int] = {}
        for place in layout.places if layout is not None else ():
            wanted = spec.places.get(place.name)
            if wanted is None or wanted == HIDE:
                continue
            first = chain(wanted, place.name, fallback, self._sites)[0]
            for source in (wanted, first):
                if source != HIDE and not is_slate(source):
                    clip_n = spec.clips.get(source, began_n) if source[:5] == "clip." else 0
                    sources.setdefault(source, clip_n)
        return sources
