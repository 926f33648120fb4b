"""Feeds that are not as they should be: one card a site, one for all when the line is dead. Pure.

Only what is on air, or due within half an hour, is looked at. What people have taken away
themselves (PRIVACY, HIDE, QUARANTINE) is no news.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.control.frozen import frozen_since_n, verdict_of
from orchestrator.control.incidents import Action, Finding, Grade
from orchestrator.control.sight import Sight
from orchestrator.rundown.lineup import LiveSlot
from orchestrator.rundown.plan import PlanSlot, Site
from orchestrator.rundown.standin import is_slate
from orchestrator.rundown.words import said, spoken

_MANY = 3
"""So many whole sites at once are not to blame themselves."""
_CLOSE_S = 120
_BEAT_S = 5.0
_TROUBLE = {
    "lost": "nothing arrives",
    "no picture yet": "no picture arrives",
    "frozen": "the picture is frozen",
    "black": "the picture is black",
    "silent": "there is no sound",
}
_ARRIVES = frozenset({"frozen", "black", "silent"})


@dataclass(frozen=True, slots=True)
class _Ill:
    """A feed that somebody needs, and what is wrong with it."""

    feed: str
    why: str
    since_n: int
    is_latched: bool
    said: str


def find(sight: Sight) -> Iterator[Finding]:
    withheld = sight.show.withheld(sight.n)
    cut_off: list[tuple[Site, Finding]] = []
    for site in sight.show.resolved.sites.values():
        feeds = [feed for feed in sight.feeds_of(site) if feed not in withheld]
        ill = [one for feed in feeds if (one := _ill(sight, feed)) is not None]
        needed = [one for one in ill if one.feed in sight.wanted or one.feed in sight.due]
        if not needed:
            continue
        is_cut_off = len(ill) == len(feeds) and all(one.why not in _ARRIVES for one in ill)
        finding = _card(sight, site, needed, is_cut_off=is_cut_off)
        if is_cut_off:
            cut_off.append((site, finding))
        else:
            yield finding
    if len(cut_off) >= _MANY:
        yield _all_at_once(sight, cut_off)
    else:
        yield from (finding for _, finding in cut_off)


def is_cut_off(sight: Sight, site: Site) -> bool:
    """Nothing at all arrives from there."""
    ill = [_ill(sight, feed) for feed in sight.feeds_of(site)]
    return bool(ill) and all(one is not None and one.why not in _ARRIVES for one in ill)


def is_good(sight: Sight, feed: str) -> bool:
    return _ill(sight, feed) is None


def trouble(sight: Sight, feed: str) -> str:
    """What is wrong with a feed as a sentence; empty if nothing is."""
    ill = _ill(sight, feed)
    return ill.said if ill is not None else ""


def _ill(sight: Sight, feed: str) -> _Ill | None:
    page, judged = sight.pages.get(feed, {}), sight.judged(feed)
    state = str(page.get("state", "unknown"))
    own = str(sight.facts.get(f"feed.{feed}", {}).get("reason", ""))
    if state == "refused":
        return _Ill(feed, "refused", 0, False, f"refused: {own or 'a person must act'}")
    verdict = judged.get("verdict")
    if verdict == "dead":
        why = str(judged.get("why", "lost"))
        since_n = int(judged.get("since_n", 0))
        text = _TROUBLE.get(why, why)
        if why == "frozen":
            since_n = frozen_since_n(page, sight.n, since_n)
            told = verdict_of(page)
            text = f"{text} for {spoken(sight.n - since_n, sight.fps)}" + (told and f": {told}")
        return _Ill(feed, why, since_n, bool(judged.get("latched")), text)
    if verdict == "alive":
        return None
    beat_s = page.get("beat_age_s")
    if state == "live" and (beat_s is None or beat_s < _BEAT_S):
        return None
    text = own if own not in ("", "live") else "nothing arrives"
    return _Ill(feed, "lost", 0, False, text)


def _card(sight: Sight, site: Site, ill: list[_Ill], *, is_cut_off: bool) -> Finding:
    on_air = [one for one in ill if one.feed in sight.wanted]
    name = sight.site(site.id)
    if is_cut_off:
        why = next((one.said for one in ill if one.why == "refused"), "")
        what = f"{name}: {why}" if why else f"Nothing arrives from {name}"
    else:
        what = f"{name}: " + "; ".join(f"{one.feed.partition('.')[2]}: {one.said}" for one in ill)
    since_n = min((one.since_n for one in ill if one.since_n), default=0)
    cause = f"feeds.{site.id}"
    if on_air:
        grade, if_nothing, actions = _on_air(sight, on_air)
        return Finding(cause, grade, what, if_nothing, actions, since_n)
    slot = min((sight.due[one.feed] for one in ill), key=lambda slot: slot.start_n)
    if slot.start_n <= sight.n:  # a later shot of the slot on air wants it
        stays = f"{slot.id} shows what stands in when its turn comes"
        return Finding(cause, Grade.SOON, what, stays, (_ask(site.id, what),), since_n)
    is_close = slot.start_n - sight.n <= _CLOSE_S * sight.fps
    return Finding(
        cause,
        Grade.NOW if is_close and is_cut_off else Grade.SOON,
        what,
        _start_without(sight, slot),
        (_ask(site.id, what), *postponing(slot.plan)),
        since_n,
        until_n=slot.start_n,
    )


def _on_air(sight: Sight, ill: list[_Ill]) -> tuple[Grade, str, tuple[Action, ...]]:
    dead = frozenset(one.feed for one in ill)
    scene = sight.show.at(sight.n, dead | _dead(sight)).scene
    layers = [layer for layer in scene.layers if layer.wanted in dead]
    shown = [layer.source for layer in layers]
    latched = " for the rest of the slot" if any(one.is_latched for one in ill) else ""
    first = ill[0].feed
    if shown and not any(map(is_slate, shown)):
        return (
            Grade.SOON,
            f"{' and '.join(shown)} stays on air{latched or ' until it is good again'}, "
            "with its own sound",
            (
                Action("Stay on the stand-in", "latch", {"feed": first}),
                Action("Quarantine the feed", "quarantine", {"feed": first}),
            ),
        )
    if not shown:
        return (
            Grade.SOON,
            "its place stays away until it is good again",
            (Action("Quarantine the feed", "quarantine", {"feed": first}),),
        )
    return (
        Grade.NOW,
        f"the slate of {scene.slot or 'the event'} stays on air{latched}{_until(sight)}",
        _instead(sight),
    )


def _dead(sight: Sight) -> frozenset[str]:
    """Everything that cannot be shown, as far as is known."""
    return frozenset(
        feed.id for feed in sight.show.resolved.feeds() if _ill(sight, feed.id) is not None
    )


def _until(sight: Sight) -> str:
    slot = sight.on_air
    if slot is None or slot.is_open or not sight.coming:
        return ""
    following = sight.coming[0]
    return f" until {sight.at(following.start_n)}, then {sight.slot(following.id)}"


def _instead(sight: Sight) -> tuple[Action, ...]:
    actions = [Action("Studio", "safe")]
    slot = sight.on_air
    standby = slot.plan.standby if slot is not None else None
    if standby:
        actions.append(
            Action(f"Standby: {sight.slot(standby)}", "insert", {"item": standby, "resume": True})
        )
    if sight.coming:
        actions.append(Action("Next slot now", "next"))
    return tuple(actions)


def _start_without(sight: Sight, slot: LiveSlot) -> str:
    at = sight.at(slot.start_n)
    hold = sight.show.decided(sight.n).holds.get(slot.id)
    if hold is not None:
        return f"what is on goes on until {sight.at(hold.until_n)}, then {hold.then}"
    scene = sight.show.at(slot.start_n, _dead(sight)).scene
    main = next((layer.source for layer in scene.layers), "the slate")
    instead = "its slate" if is_slate(main) else main
    return f"{said(slot.title) or slot.id} starts at {at} with {instead}"


def postponing(slot: PlanSlot) -> tuple[Action, ...]:
    """Wait for a site, or do without it."""
    wait = Action("Wait 2 min", "not-ready", {"slot": slot.id, "wait": "2m"})
    if slot.standby:
        then = {"slot": slot.id, "wait": "0s", "then": "standby"}
        return (wait, Action("Standby instead", "not-ready", then))
    return (wait, Action("Skip it", "skip", {"slot": slot.id}, is_weighed=True))


def _ask(site: str, what: str) -> Action:
    text = f"{what}. Please check your sending unit."[:200]
    return Action("Write to the site", "message", {"site": site, "text": text})


def _all_at_once(sight: Sight, cut_off: list[tuple[Site, Finding]]) -> Finding:
    grave = any(finding.grade is Grade.NOW for _, finding in cut_off)
    names = ", ".join(site.city or site.id for site, _ in cut_off)
    since = [finding.since_n for _, finding in cut_off if finding.since_n]
    return Finding(
        "line",
        Grade.NOW if grave else Grade.SOON,
        f"Nothing arrives from {len(cut_off)} sites ({names}): is it our own line?",
        "slates stand in for all of them until they are back",
        _instead(sight),
        min(since, default=0),
        covers=tuple(finding.cause for _, finding in cut_off),
    )
