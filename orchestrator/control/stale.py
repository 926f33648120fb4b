"""Whether what the sender looked at is still so (D4). Pure.

A command carries the version of what its sender saw. If that has changed, nothing happens, and
the sender is told who changed what, and when.
"""

from __future__ import annotations

from datetime import datetime

from orchestrator.control.deskstate import ASPECTS, Touch
from orchestrator.control.floor import Floor
from orchestrator.control.wish import Wish
from orchestrator.control.words import Word
from orchestrator.errors import CommandRejected
from orchestrator.timing import Grid

_SPOKEN = {"plan": "The running order", "sound": "The sound", "graphics": "The graphics"}


class Stale(CommandRejected):
    """`whom` had changed it, and is told that somebody pressed on what was there before."""

    def __init__(self, why: str, whom: str, told: str) -> None:
        super().__init__("stale", why)
        self.whom = whom
        self.told = told


def check(wish: Wish, word: Word, floor: Floor) -> None:
    """Raises Stale, or CommandRejected for a version that is none."""
    for aspect, seen in wish.saw.items():
        if aspect not in ASPECTS:
            raise CommandRejected("malformed", f"saw knows {', '.join(ASPECTS)}; not {aspect!r}")
        if aspect not in word.sees:
            continue
        touch = _last(aspect, wish, floor)
        if touch is not None and touch.seq > seen:
            raise Stale(_sentence(aspect, touch, floor), touch.author, _told(wish, aspect, touch))


def _last(aspect: str, wish: Wish, floor: Floor) -> Touch | None:
    """The last change of what this wish is about: a fader that is not touched is not stale."""
    if aspect == "sound":
        about = wish.text("feed") or wish.text("place")
        return floor.state.touched.get(f"sound {about}")
    return floor.state.touched.get(aspect)


def _sentence(aspect: str, touch: Touch, floor: Floor) -> str:
    fps = floor.show.resolved.programme.fps
    now = Grid.standard(fps).utc(floor.n)
    ago_s = max(0.0, (now - datetime.fromisoformat(touch.at)).total_seconds())
    what = _SPOKEN.get(aspect, "Preview")
    about = _about(touch)
    return (
        f"{what} changed {ago_s:.1f} s before you pressed ({touch.author}: {about}). "
        "Look and press again."
    )


def _told(wish: Wish, aspect: str, touch: Touch) -> str:
    what = _SPOKEN.get(aspect, "The preview").lower()
    return (
        f"{wish.author} pressed {wish.verb.upper()} and had not yet seen what you did to {what} "
        f"({_about(touch)}): it was refused"
    )


def _about(touch: Touch) -> str:
    """`London room`, `EXTEND case`."""
    if touch.verb == "preview":
        places = dict(touch.args.get("places") or {}).values()
        return ", ".join(str(source).replace(".", " ").capitalize() for source in places)
    about = next(
        (str(touch.args[key]) for key in ("slot", "feed", "place", "use", "item", "id")
         if touch.args.get(key)), "",
    )  # fmt: skip
    return f"{touch.verb.upper()} {about}".strip()
