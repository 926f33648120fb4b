"""The desk: accepts a wish and says what it means, or refuses it and changes nothing. Pure.

Everything it knows is the show and the frame; what it decides, `gallery` journals and orders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orchestrator.bus.orders import Order, Verb
from orchestrator.control import picture, running, say
from orchestrator.control.wish import Wish
from orchestrator.errors import CommandRejected
from orchestrator.rundown.show import Show
from orchestrator.rundown.words import spoken

LEAD_FRAMES = 3
"""A command applies this many frames from now, so that all have heard of it (§11)."""

_GATE_VERBS = ("blank", "unblank", "privacy", "restore", "stop")
_PICTURE = frozenset({Verb.TAKE, Verb.SAFE})
_REFLOWS = frozenset({Verb.NEXT, Verb.STAY, Verb.EXTEND, Verb.END, Verb.SKIP})


@dataclass(frozen=True, slots=True)
class Decision:
    """An order without its number; `text` says what will happen, `moves` what moves with it."""

    verb: Verb
    n: int
    args: dict[str, Any]
    text: str
    moves: tuple[str, ...] = ()


def decide(wish: Wish, show: Show, now_n: int) -> Decision:
    """Raises CommandRejected."""
    read = _VERBS.get(wish.verb)
    if read is None:
        if wish.verb in _GATE_VERBS:
            raise CommandRejected("gate", f"{wish.verb} goes to the gate, which answers at once")
        known = ", ".join(verb.value for verb in Verb if verb.value in _VERBS)
        raise CommandRejected("unknown-verb", f"the desk knows {known}; not {wish.verb!r}")
    verb = Verb(wish.verb)
    n = now_n + LEAD_FRAMES
    _check_not_stopped(show, n)
    args, text = read(wish, show, n)
    _check_pace(verb, show, n)
    moves: tuple[str, ...] = ()
    if verb in _REFLOWS:
        moves = _moves(verb, args, show, n)
    return Decision(verb, n, args, text, moves)


def _check_not_stopped(show: Show, n: int) -> None:
    if any(order.verb is Verb.STOP and order.n <= n for order in show.orders):
        raise CommandRejected("stopped", "the event was stopped; nothing can be put on air")


def _check_pace(verb: Verb, show: Show, n: int) -> None:
    """A second TAKE within a second is refused: an accident, or two people (DESIGN §11)."""
    if verb not in _PICTURE:
        return
    fps = show.resolved.programme.fps
    last = max((order.n for order in show.orders if order.verb in _PICTURE), default=None)
    if last is not None and n - last < fps:
        raise CommandRejected(
            "too-soon", f"a TAKE {(n - last) / fps:.1f} s ago: look at the programme, press again"
        )


def _moves(verb: Verb, args: dict[str, Any], show: Show, n: int) -> tuple[str, ...]:
    """What moves with it. An EXTEND that leaves no room before an anchor is refused."""
    day = show.resolved
    after = show.after(Order(0, verb, n, args=args))
    if verb is Verb.EXTEND:
        before = {short.anchor: short.frames for short in show.day_at(n).short}
        for short in after.day_at(n).short:
            missing = short.frames - before.get(short.anchor, 0)
            if missing > 0:
                raise CommandRejected(
                    "no-room",
                    f"{spoken(missing, day.programme.fps)} too much before {short.anchor}, with "
                    "everything that may shrink or go already gone; STAY keeps it on all the same",
                )
    upcoming = [slot for slot in show.line_up(n) if slot.end_n > n or slot.is_open]
    return tuple(say.consequences(upcoming, after.line_up(n), after.day_at(n).left_out, day))


def _read_release(wish: Wish, show: Show, n: int) -> tuple[dict[str, Any], str]:
    wish.only()
    if show.at(n).scene.cause.rule not in _PICTURE:
        raise CommandRejected("no-change", "nothing is taken: the schedule is on air")
    return {}, "RELEASE: the schedule's picture comes back"


def _read_safe(wish: Wish, show: Show, n: int) -> tuple[dict[str, Any], str]:
    wish.only()
    return {}, "SAFE: the studio, full frame, sound up, graphics out; until RELEASE"


def _read_gain(wish: Wish, show: Show, n: int) -> tuple[dict[str, Any], str]:
    return picture.read_trim(wish, show)


_VERBS: dict[str, Callable[[Wish, Show, int], tuple[dict[str, Any], str]]] = {
    Verb.TAKE.value: picture.read_take,
    Verb.RELEASE.value: _read_release,
    Verb.SAFE.value: _read_safe,
    Verb.GAIN.value: _read_gain,
    Verb.NEXT.value: running.read_next,
    Verb.STAY.value: running.read_stay,
    Verb.EXTEND.value: running.read_extend,
    Verb.END.value: running.read_end,
    Verb.SKIP.value: running.read_skip,
    Verb.READY.value: running.read_ready,
    Verb.NOT_READY.value: running.read_not_ready,
}


def known() -> frozenset[str]:
    """The words of the table that the desk acts on; the gate has its own."""
    return frozenset(_VERBS)
