"""The tiles of the desk: every feed with its tally, a state word, levels, and who waits. Pure.

One word says how a feed is, the same on the tile, in a card and on the site's page; an icon and
the word carry it, the colour only helps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from orchestrator.control.frozen import frozen_since_n, verdict_of
from orchestrator.rundown.words import said

if TYPE_CHECKING:
    from orchestrator.control.deskview import Watched

Tally = Literal["air", "preview", "armed", ""]

_AWAY = {
    "idle": "NOT STARTED",
    "connecting": "WAITING",
    "stalled": "STALLED",
    "backoff": "LOST",
    "refused": "REFUSED",
    "unknown": "NO WORD",
}
_SPOKEN = {
    "idle": "we have not started to listen to you",
    "connecting": "nothing has arrived from you yet",
    "stalled": "you are connected, but nothing arrives",
    "backoff": "your connection was lost; we try again",
    "refused": "your connection was refused; call the studio",
    "unknown": "we know nothing of you just now",
}
_ILL = {
    "FROZEN": "your picture does not move",
    "BLACK": "your picture is black",
    "SILENT": "we hear nothing from you",
}
_UNUSABLE = "your picture cannot be used just now"
_SEEN = "we see you well, and hear nothing"
_QUIET = "we see you well; you are very quiet"
_WELL = "we see and hear you well"
SENTENCES = frozenset({*_SPOKEN.values(), *_ILL.values(), _UNUSABLE, _SEEN, _QUIET, _WELL})
"""All that a site is ever told of what arrives from it; its page has each in its own language."""


def feeds(seen: Watched) -> list[dict[str, Any]]:
    """In the order of the file; which come first on the screen is the screen's choice."""
    show, n = seen.show, seen.n
    on_air = {layer.source for layer in show.at(n, seen.dead).scene.layers}
    decided = show.decided(n)
    soon = _soon(seen)
    armed = {
        source
        for slot in seen.line_up
        if "armed" in slot.state
        for source in slot.plan.scene.places.values()
    }
    withheld = show.withheld(n)
    gate: Mapping[str, Any] = seen.facts.get("gate", {})
    hidden = {*map(str, gate.get("hidden", ())), *decided.hidden}
    held = {*map(str, gate.get("quarantined", ())), *decided.quarantined}
    tiles = []
    for feed in show.resolved.feeds():
        site = show.resolved.sites[feed.site]
        page = seen.pages.get(feed.id, {})
        judged: Mapping[str, Any] = (
            seen.facts.get("programme", {}).get("sources", {}).get(feed.id, {})
        )
        is_held = feed.site in held or feed.id in decided.feeds_out
        out = "HIDDEN" if feed.site in hidden else "QUARANTINED" if is_held else ""
        state = str(page.get("state", "unknown"))
        word, grade = word_of(state, out, page, judged)
        since_n = judged.get("since_n")
        if isinstance(since_n, int) and word == "FROZEN":
            since_n = frozen_since_n(page, n, since_n)
        tiles.append(
            {
                "id": feed.id,
                "site": feed.site,
                "name": feed.id.removeprefix(f"{feed.site}."),
                "title": said(site.title),
                "city": site.city,
                "timezone": site.timezone,
                "kind": feed.kind,
                "word": word,
                "grade": grade,
                "state": state,
                "why": _why(state, page, judged, seen.facts.get(f"feed.{feed.id}", {})),
                "since_s": seen.seconds(n - since_n)
                if isinstance(since_n, int) and judged.get("verdict") == "dead"
                else None,
                "tally": _tally(feed.id, on_air, decided.previewed, armed),
                "slot": soon.get(feed.site, ("", 0))[0],
                "slot_in_s": seen.seconds(soon[feed.site][1] - n) if feed.site in soon else None,
                "ready": soon[feed.site][0] in decided.ready if feed.site in soon else False,
                "hot": bool(page.get("hot", 0)),
                "level_db": page.get("level_db"),
                "lufs": page.get("lufs"),
                "loudness_lufs": seen.loudness_lufs.get(feed.id),
                "trim_db": round(show.trim_db(feed.id, n), 2),
                "fps": page.get("fps") or None,
                "size": [page.get("width", 0), page.get("height", 0)],
                "drift_ppm": page["drift_ppb"] / 1000 if "drift_ppb" in page else None,
                "lip_sync": dict(seen.lip_sync[feed.id]) if feed.id in seen.lip_sync else None,
                "bytes": page.get("bytes", 0),
                "dropped": page.get("dropped", 0),
                "sessions": page.get("session", 0),
                "withheld": feed.id in withheld,
                "out": feed.id in decided.feeds_out,
                "latched": feed.id in decided.latched or bool(judged.get("latched")),
                "solo": sorted(who for who, what in decided.solos if what == feed.id),
            }
        )
    return tiles


def plain_words(tile: Mapping[str, Any]) -> str:
    """What the site is told about what arrives from it; one of `SENTENCES`."""
    if tile["state"] != "live":
        return _SPOKEN.get(str(tile["state"]), _SPOKEN["unknown"])
    if tile["grade"] == "dead":
        return _ILL.get(str(tile["word"]), _UNUSABLE)
    level = tile["level_db"]
    if level is None or level < -70:
        return _SEEN
    if tile["lufs"] is not None and tile["lufs"] < -35:
        return _QUIET
    return _WELL


def word_of(
    state: str, out: str, page: Mapping[str, Any], judged: Mapping[str, Any]
) -> tuple[str, str]:
    """State word and grade: good, note or dead. `out` is the word of who has taken it out."""
    if out:
        return out, "dead"
    if state != "live":
        return _AWAY.get(state, "NO WORD"), "note" if state in ("idle", "connecting") else "dead"
    if judged.get("verdict") == "dead":
        why = str(judged.get("why", ""))
        for word in ("frozen", "black", "silent"):
            if word in why:
                return word.upper(), "dead"
        return "UNUSABLE", "dead"
    return ("LIVE", "good") if page.get("hot") else ("WARM", "good")


def _why(
    state: str, page: Mapping[str, Any], judged: Mapping[str, Any], own: Mapping[str, Any]
) -> str:
    why = str(judged.get("why", ""))
    if why == "frozen" and (told := verdict_of(page)):
        return f"frozen: {told}"
    if why:
        return why
    reason = str(own.get("reason", ""))
    return "" if reason == "live" or state == "live" else reason


def _tally(feed: str, on_air: set[str], previewed: frozenset[str], armed: set[str]) -> Tally:
    if feed in on_air:
        return "air"
    if feed in previewed:
        return "preview"
    return "armed" if feed in armed else ""


def _soon(seen: Watched) -> dict[str, tuple[str, int]]:
    """The slot on air or next to come of each site, and its first frame."""
    soon: dict[str, tuple[str, int]] = {}
    sites = {slot.id: slot.plan.site for slot in seen.show.resolved.slots}
    for slot in seen.line_up:
        if "on-air" in slot.state and (owed := sites.get(slot.stands_for or "")):
            soon[owed] = (slot.stands_for or "", slot.start_n)  # it may still be joined
        elif slot.site and "done" not in slot.state:
            soon.setdefault(slot.site, (slot.id, slot.start_n))
    return soon
