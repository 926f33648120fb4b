"""The programme loop: one frame after the other, on time, whatever the world does.

    orders due at n → director.look → sound.mix → compositor.render → graphics → ladder → spool

One thread, which never waits for anybody but the clock. The position is read from the clock once
and then counted. A tick more than a frame late is counted and skipped to now; numbers stay exact.
Sound is mixed two pictures ahead (`sound`), and caught up over a skip, so that it has no hole.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Protocol

from orchestrator.programme.asrun import AsRun
from orchestrator.programme.audiomix import AudioMix
from orchestrator.programme.columns import Columns
from orchestrator.programme.compositor import Compositor
from orchestrator.programme.director import Director
from orchestrator.programme.failover import Verdict
from orchestrator.programme.ladder import Ladder
from orchestrator.programme.lives import NewTurns
from orchestrator.programme.measure import Spread
from orchestrator.programme.overlay import Overlay, lay_over
from orchestrator.programme.safety import Quarantine
from orchestrator.programme.script import Script
from orchestrator.programme.sound import LEAD_FRAMES, SoundTrack
from orchestrator.programme.sources import Sources
from orchestrator.programme.spool import Spool
from orchestrator.programme.wants import WantsPage
from orchestrator.programme.watch import Watch
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import Look
from orchestrator.timing import NS, Grid, PageClock

log = logging.getLogger(__name__)

_FRESH_FRAMES = 5
"""A picture this young counts as there, when a new scene asks for it."""


class Graphics(Protocol):
    """Where drawn graphics come from."""

    def overlays(self, look: Look) -> tuple[Overlay, ...]:
        """What is to be blended over frame `look.n`; never waits."""
        ...

    def facts(self) -> Mapping[str, object]: ...


class Programme:
    """Puts the parts together. `run` is the loop; `tick` is one frame of it."""

    def __init__(
        self,
        grid: Grid,
        clock: PageClock,
        *,
        script: Script,
        quarantine: Quarantine,
        sources: Sources,
        watch: Watch,
        wants: WantsPage,
        compositor: Compositor,
        graphics: Graphics,
        mix: AudioMix,
        ladder: Ladder,
        sound: SoundTrack,
        spool: Spool,
        asrun: AsRun,
        turns: NewTurns,
    ) -> None:
        self._grid = grid
        self._clock = clock
        self._script = script
        self._quarantine = quarantine
        self._sources = sources
        self._watch = watch
        self._wants = wants
        self._compositor = compositor
        self._graphics = graphics
        self._mix = mix
        self._ladder = ladder
        self._sound = sound
        self._spool = spool
        self._asrun = asrun
        self._turns = turns
        self._director = Director(patience_frames=grid.fps)
        self._columns = Columns(grid, ())
        self._hot: dict[str, int] = {}
        self._trims: dict[str, float] = {}
        self._next_sound_n = 0
        self._second_n = 0
        self._lateness_ms = Spread(1800)
        self._tick_ms = Spread(1800)
        self._late_ticks = 0
        self._skipped = 0
        self._take_over_day()

    # the loop

    def run(self, first_n: int, stop: threading.Event) -> None:
        """Make frames until `stop`; the first one encoded is `first_n`, which begins a part."""
        n = self._grid.frame_at(self._clock.now_ns()) + 1
        self._next_sound_n = first_n
        frame_ns = NS // self._grid.fps
        while not stop.is_set():
            self._clock.sleep_until(self._grid.instant_ns(n))
            began_ns = self._clock.now_ns()
            late_ns = began_ns - self._grid.instant_ns(n)
            self._lateness_ms.add(late_ns / 1e6)
            if late_ns > frame_ns:
                n = self._skip_to_now(n, late_ns)
            self.tick(n)
            self._tick_ms.add((self._clock.now_ns() - began_ns) / 1e6)
            n += 1

    def _skip_to_now(self, n: int, late_ns: int) -> int:
        now_n = self._grid.frame_at(self._clock.now_ns())
        self._late_ticks += 1
        self._skipped += now_n - n
        self._asrun.late(now_n, late_ns / 1e6, now_n - n)
        return now_n

    def tick(self, n: int) -> None:
        """Make frame `n`."""
        self._follow_orders(n)
        self._judge(n)
        look = self._director.look(self._script.show, n, self._watch.dead, self._is_ready)
        if self._asrun.look(look):
            self._watch.begin(look.scene.slot)
        for k, label in self._columns.take(look):
            self._spool.label(k, label)
        self._mix_ahead(n)
        picture = self._ladder.borrow()
        self._compositor.render(look, picture.planes)
        self._ladder.offer_clean(n, picture)
        lay_over(picture.planes, self._graphics.overlays(look))
        self._ladder.offer(n, picture)

    # its steps

    def _follow_orders(self, n: int) -> None:
        orders = self._script.follow()
        once_a_second = n >= self._second_n
        if once_a_second and self._script.look_for_rundown():
            self._take_over_day()
        for order in orders:
            self._asrun.order(order, n)
        if self._script.show.resolved.version != self._version:
            self._take_over_day()
        if orders or once_a_second:
            self._hot = self._script.hot(n)
        if orders or once_a_second or self._script.show.trims_move(n):
            show = self._script.show
            self._trims = {source: show.trim_db(source, n) for source in self._hot}
            self._mix.set_trims(self._trims)
        if once_a_second:
            self._second_n = n + self._grid.fps
            self._sources.forget_unused(n)
            for turn in self._turns.follow():
                self._asrun.process(turn, n)
            for failure in self._ladder.take_failures():
                self._asrun.encoder(failure, n)

    def _judge(self, n: int) -> None:
        show, watch = self._script.show, self._watch
        self._quarantine.follow()
        scene = show.at(n, watch.dead).scene
        wanted = self._hot | {
            layer.source: layer.clip_n or 0
            for layer in scene.layers
            if not layer.source.startswith("slate.")
        }
        self._wants.renew(n, wanted)
        changes = watch.judge(
            n,
            known=self._known,
            wanted=wanted,
            heard={layer.source for layer in scene.layers if layer.gain_db is not None},
            quarantined=self._quarantine.sites,
            health=show.health(n),
        )
        for change in changes:
            if change.source in wanted and Verdict.DEAD in change.verdicts:
                self._asrun.failover(change, n)

    def _mix_ahead(self, n: int) -> None:
        """Mix the sound up to two pictures ahead of frame `n`."""
        if n + LEAD_FRAMES - self._next_sound_n > self._grid.segment_frames:
            running = self._grid.first_frame(self._grid.part_of(n))
            self._next_sound_n = max(self._next_sound_n, running)
        while self._next_sound_n <= n + LEAD_FRAMES:
            ahead = self._next_sound_n
            look = self._director.sound_look(self._script.show, ahead, self._watch.dead)
            self._sound.offer(ahead, self._mix.mix(look))
            self._next_sound_n = ahead + 1

    def _is_ready(self, source: str, n: int) -> bool:
        age = self._sources.age(source, n)
        return age is not None and age <= _FRESH_FRAMES

    def _take_over_day(self) -> None:
        """A rundown has been read: lay out what depends on it."""
        day: Resolved = self._script.show.resolved
        self._version = day.version
        self._known = day.sources()
        self._wants.lay_out(self._known)
        self._watch.set_absent({f"guest.{person}" for person in day.people})
        plans = [*(slot.plan for slot in day.slots), *day.standby]
        self._columns.set_day(
            day.sites,
            {
                plan.id: frozenset(out for out, shows in plan.outputs.items() if shows == "slate")
                for plan in plans
            },
        )

    # what it says about itself

    def facts(self, n: int) -> dict[str, object]:
        reduction_db = self._mix.take_reduction_db()
        meter = self._mix.meter
        return {
            "n": n,
            "version": self._version,
            "late_ms": self._lateness_ms.summary(),
            "tick_ms": self._tick_ms.summary(),
            "ticks": self._lateness_ms.count,
            "late_ticks": self._late_ticks,
            "skipped": self._skipped,
            "put_off": self._director.put_off,
            "missing_pictures": self._compositor.missing,
            "missing_sound": self._mix.missing,
            "spool_lost": self._spool.lost,
            "orders_damaged": self._script.damaged,
            "asrun_lost": self._asrun.lost,
            "ladder": self._ladder.facts(),
            "encoder_trouble": self._ladder.trouble(n),
            "sound": self._sound.facts(),
            **self._watch.facts(),
            "picture_age": self._sources.ages(n),
            "graphics": dict(self._graphics.facts()),
            "loudness": {
                "momentary_lufs": _finite(meter.momentary_lufs),
                "short_term_lufs": _finite(meter.short_term_lufs),
                "integrated_lufs": _finite(meter.integrated_lufs),
                "peak_dbfs": _finite(meter.take_peak()),
                "limiter_db": round(reduction_db, 2),
            },
        }


def _finite(level: float) -> float | None:
    """JSON has no −inf: silence is null."""
    return round(level, 2) if level > float("-inf") else None
