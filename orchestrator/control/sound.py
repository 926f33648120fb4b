"""GAIN, MATCH, FADER, MUTE and SOLO: the desk's acts on sound. Pure.

A trim belongs to a feed and stays with it; a fader belongs to a place and is forgotten when the
slot ends; solo is for somebody's ears and never on air.
"""

from __future__ import annotations

from orchestrator.control.floor import Act, Floor
from orchestrator.control.wish import Wish, read_gain, unknown
from orchestrator.errors import CommandRejected

CEILING_DB = 12.0
_FLOOR_DB = -60.0
_MATCH_S = 2


def read_trim(wish: Wish, floor: Floor) -> Act:
    wish.only("feed", "gain", "by")
    feed = a_feed(wish, floor)
    if wish.args.get("by") is not None:
        trim_db = floor.show.trim_db(feed, floor.n) + _number(wish.args["by"])
    else:
        trim_db = _number(wish.args.get("gain"))
    if not _FLOOR_DB <= trim_db <= 24:
        raise CommandRejected("malformed", f"a trim of {trim_db:+g} dB is beyond reason")
    args = {"feed": feed, "trim_db": round(trim_db, 2)}
    return Act("gain", args, f"GAIN {feed}: {trim_db:+g} dB from now on")


def read_match(wish: Wish, floor: Floor) -> Act:
    """To the programme's loudness, at most 12 dB either way."""
    wish.only("feed")
    feed = a_feed(wish, floor)
    measured = floor.loudness_lufs.get(feed)
    if measured is None or measured < -60:
        raise CommandRejected("not-measured", f"nothing is heard of {feed}: there is no loudness")
    day = floor.show.resolved
    wanted = day.programme.loudness_lufs - measured
    trim_db = round(max(-CEILING_DB, min(CEILING_DB, wanted)), 1)
    limit = "" if trim_db == round(wanted, 1) else f" (the ceiling; {wanted:+.1f} dB are missing)"
    return Act(
        "gain",
        {"feed": feed, "trim_db": trim_db, "frames": _MATCH_S * day.programme.fps},
        f"MATCH {feed}: {measured:.0f} LUFS, {trim_db:+g} dB over {_MATCH_S} s{limit}",
    )


def read_fader(wish: Wish, floor: Floor) -> Act:
    wish.only("place", "gain", "by")
    place, now_db = _place(wish, floor)
    if wish.args.get("by") is not None:
        gain_db: float | None = (now_db if now_db is not None else -20.0) + _number(wish.args["by"])
    elif wish.args.get("gain") is None:
        raise CommandRejected("malformed", "how loud? gain, or by how much")
    else:
        gain_db = read_gain(wish.args["gain"])
    if gain_db is not None and not _FLOOR_DB <= gain_db <= 24:
        raise CommandRejected("malformed", f"a gain of {gain_db:+g} dB is beyond reason")
    said = "off" if gain_db is None else f"{gain_db:+g} dB"
    return Act("fader", {"place": place, "gain_db": gain_db}, f"FADER {place}: {said}")


def read_mute(wish: Wish, floor: Floor) -> Act:
    wish.only("place", "on")
    place, _ = _place(wish, floor)
    if wish.flag("on", True):
        return Act("fader", {"place": place, "gain_db": None}, f"MUTE {place}")
    return Act("fader", {"place": place, "clear": True}, f"MUTE off: {place} as the slot says")


def read_solo(wish: Wish, floor: Floor) -> Act:
    wish.only("feed", "on")
    feed = a_feed(wish, floor)
    on = wish.flag("on", True)
    text = f"SOLO {feed}: {'listening; not on air' if on else 'off'}"
    return Act("solo", {"feed": feed, "on": on}, text)


def a_feed(wish: Wish, floor: Floor) -> str:
    feeds = [feed.id for feed in floor.show.resolved.feeds()]
    feed = wish.text("feed")
    if feed not in feeds:
        raise unknown("unknown-source", "feed", feed, feeds)
    return feed


def _place(wish: Wish, floor: Floor) -> tuple[str, float | None]:
    gains = {x.place.name: x.gain_db for x in floor.show.at(floor.n).scene.layers}
    place = wish.text("place")
    if place not in gains:
        raise unknown("unknown-place", "place on air", place, tuple(gains))
    return place, gains[place]


def _number(value: object) -> float:
    gain_db = read_gain(value)
    if gain_db is None:
        raise CommandRejected("malformed", "a feed's trim is a number of decibels; MUTE silences")
    return gain_db
