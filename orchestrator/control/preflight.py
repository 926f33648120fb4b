"""Pre-flight: whether a slot to come can begin as planned, and if not, why. Pure.

The slot's own `checks` say what is looked at (builtin.CHECKS). RED: it cannot begin as planned.
AMBER: it can, but somebody should look. READY: nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from orchestrator.control.causes import feeds, sound
from orchestrator.control.sight import Sight, sources_of
from orchestrator.rundown.lineup import LiveSlot
from orchestrator.rundown.plan import NotReady
from orchestrator.rundown.standin import is_slate, site_of

STABLE_S = 60
_OFF_MS = 150
_MOST_LATE_MS, _MOST_EARLY_MS = 60, 40
"""EBU R 37: sound may come so much later than its picture, and so much earlier."""
_FPS_OFF = 0.02
_LOWEST_FPS = 23.9
_KNOWN_CODECS = frozenset({"h264", "hevc", "mpeg4", "mpeg2video", "vp8", "vp9", "av1"})
_LAST_CALL_S = 120
_ANY_WAY = NotReady()


class Light(StrEnum):
    READY = "READY"
    AMBER = "AMBER"
    RED = "RED"


@dataclass(frozen=True, slots=True)
class Reason:
    check: str
    """One of builtin.CHECKS."""
    light: Light
    text: str
    is_carded: bool = False
    """No card of the slot's: the incidents have one of their own about it, or it needs none."""


@dataclass(frozen=True, slots=True)
class Readiness:
    slot: str
    light: Light
    reasons: tuple[Reason, ...]
    standby: str = ""
    """The item of the shelf that was declared for it."""

    def view(self) -> dict[str, Any]:
        return {
            "state": self.light.value,
            "why": [reason.text for reason in self.reasons],
            "standby": self.standby,
        }


def check(sight: Sight, slot: LiveSlot) -> Readiness:
    """As things stand at the sight's frame."""
    reasons = tuple(
        reason
        for name in slot.plan.checks
        if (of := _CHECKS.get(name)) is not None
        for reason in of(sight, slot)
    )
    lights = {reason.light for reason in reasons}
    light = next((one for one in (Light.RED, Light.AMBER) if one in lights), Light.READY)
    return Readiness(slot.id, light, reasons, slot.plan.standby or "")


def _feeds_of(sight: Sight, slot: LiveSlot) -> Iterator[str]:
    sites = sight.show.resolved.sites.keys()
    for source in sources_of(slot.plan):
        if site_of(source, sites) is not None:
            yield source


def _feed(sight: Sight, slot: LiveSlot) -> Iterator[Reason]:
    """It arrives, has for a minute, and is a picture we can show at our rate."""
    first = next(iter(slot.plan.scene.places.values()), "")
    for feed in _feeds_of(sight, slot):
        if feed in sight.show.withheld(sight.n):
            yield Reason("feed", Light.RED, f"{feed} is being kept off air", is_carded=True)
            continue
        trouble = feeds.trouble(sight, feed)
        if trouble:
            is_main = feed == first
            light = Light.RED if is_main and not _stand_in(sight, slot, feed) else Light.AMBER
            yield Reason("feed", light, f"{feed}: {trouble}", is_carded=True)
            continue
        yield from _unstable(sight, feed)
        yield from _shape(sight, feed)


def _unstable(sight: Sight, feed: str) -> Iterator[Reason]:
    since_n = sight.judged(feed).get("since_n")
    if isinstance(since_n, int) and sight.n - since_n < STABLE_S * sight.fps:
        seconds = (sight.n - since_n) // sight.fps
        yield Reason("feed", Light.AMBER, f"{feed} has been good for {seconds} s only")


def _shape(sight: Sight, feed: str) -> Iterator[Reason]:
    page, facts = sight.pages.get(feed, {}), sight.facts.get(f"feed.{feed}", {})
    codec = str(facts.get("codec", ""))
    if codec and codec not in _KNOWN_CODECS:
        yield Reason("feed", Light.AMBER, f"{feed} is {codec}: better send H.264")
    height = page.get("height")
    if isinstance(height, int) and 0 < height < sight.show.resolved.programme.height // 2:
        yield Reason("feed", Light.AMBER, f"{feed} has {height} lines only")
    fps = page.get("fps")
    if not isinstance(fps, int | float) or not fps:
        return
    if fps < _LOWEST_FPS * (1 - _FPS_OFF):
        yield Reason("feed", Light.AMBER, f"{feed} sends {fps:.1f} pictures a second only")


def _sound(sight: Sight, slot: LiveSlot) -> Iterator[Reason]:
    scene = slot.plan.scene
    for feed in _feeds_of(sight, slot):
        places = [place for place, source in scene.places.items() if source == feed]
        is_heard = any(scene.audio.get(place) is not None for place in places)
        if not is_heard or not feeds.is_good(sight, feed):
            continue
        off_lu = sound.off_target(sight, feed)
        if off_lu is None:
            yield Reason("sound", Light.AMBER, f"nothing has been heard of {feed} yet")
        elif sound.is_far(off_lu):
            word = "too quiet" if off_lu < 0 else "too loud"
            text = f"{feed} is {abs(off_lu):.0f} dB {word}"
            yield Reason("sound", Light.AMBER, text, is_carded=True)


def _sync(sight: Sight, slot: LiveSlot) -> Iterator[Reason]:
    """Sound that was measured away from its picture; arrivals away from where the feed is anchored,
    which both of them share."""
    for feed in _feeds_of(sight, slot):
        off_ms = sight.sound_offset_ms.get(feed, 0)
        if off_ms > _MOST_LATE_MS or off_ms < -_MOST_EARLY_MS:
            word = "late" if off_ms > 0 else "early"
            wanted_ms = _av_offset_ms(sight, feed) + off_ms
            text = f"the sound of {feed} is {abs(off_ms)} ms {word}: av_offset {wanted_ms} ms"
            yield Reason("sync", Light.AMBER, f"{text} puts it right")
        offset_us = sight.pages.get(feed, {}).get("offset_us")
        if isinstance(offset_us, int) and abs(offset_us) > _OFF_MS * 1000:
            yield Reason("sync", Light.AMBER, f"{feed} arrives {offset_us / 1000:.0f} ms off")


def _av_offset_ms(sight: Sight, feed: str) -> int:
    known = (one for one in sight.show.resolved.feeds() if one.id == feed)
    return next((one.av_offset_ms for one in known), 0)


def _stand_in(sight: Sight, slot: LiveSlot, feed: str) -> str:
    """The first stand-in for a feed that is good now; empty if only slates are left."""
    for place, source in slot.plan.scene.places.items():
        if source != feed:
            continue
        for other in slot.plan.fallback.get(place, ()):
            if not is_slate(other) and other != "hide" and feeds.is_good(sight, other):
                return other
    return ""


def _fallback(sight: Sight, slot: LiveSlot) -> Iterator[Reason]:
    for place, source in slot.plan.scene.places.items():
        named = [f for f in slot.plan.fallback.get(place, ()) if not is_slate(f) and f != "hide"]
        if named and not _stand_in(sight, slot, source):
            yield Reason("fallback", Light.AMBER, f"no stand-in for {source} is ready")


def _consent(sight: Sight, slot: LiveSlot) -> Iterator[Reason]:
    wrong = sight.consent.get(slot.id)
    if wrong:
        yield Reason("consent", Light.RED, wrong)
    elif slot.id in sight.unproved:
        # amber in the running order is enough: a house without records would have a card a slot
        yield Reason("consent", Light.AMBER, sight.unproved[slot.id], is_carded=True)


def _site_ready(sight: Sight, slot: LiveSlot) -> Iterator[Reason]:
    decided = sight.show.decided(sight.n)
    if slot.id in decided.holds:
        yield Reason("site-ready", Light.RED, "the site is not ready", is_carded=True)
    elif slot.plan.not_ready != _ANY_WAY and slot.id not in decided.ready:
        is_last = slot.start_n - sight.n <= _LAST_CALL_S * sight.fps
        light = Light.RED if is_last else Light.AMBER
        yield Reason("site-ready", light, "the site has not said READY", is_carded=True)


def _clip(sight: Sight, slot: LiveSlot) -> Iterator[Reason]:
    for source in sources_of(slot.plan):
        if source.removeprefix("clip.") in sight.missing_clips:
            yield Reason("clip", Light.RED, f"{source} is not there")


def _guest(sight: Sight, slot: LiveSlot) -> Iterator[Reason]:
    chosen = sight.show.decided(sight.n).stand_ins.get(slot.id)
    for source in sources_of(slot.plan):
        if source.startswith("guest.") and sight.pages.get(source, {}).get("state") != "live":
            text, light = f"{source} is not connected", Light.RED
            if chosen is not None:
                text, light = f"{text}: {chosen.source} stands in", Light.AMBER
            yield Reason("guest", light, text, is_carded=True)


_CHECKS: dict[str, Callable[[Sight, LiveSlot], Iterator[Reason]]] = {
    "feed": _feed,
    "sound": _sound,
    "sync": _sync,
    "fallback": _fallback,
    "consent": _consent,
    "site-ready": _site_ready,
    "clip": _clip,
    "guest": _guest,
}
