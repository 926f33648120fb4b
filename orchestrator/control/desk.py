"""The desk: accepts a wish and says what it means, or refuses it and changes nothing. Pure.

Everything it knows is the show and the frame; what it decides, `gallery` journals and orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestrator.bus.orders import Order, Verb
from orchestrator.control import picture, roles, running, say
from orchestrator.control.wish import Wish
from orchestrator.control.words import (
    FLAG,
    GAIN,
    GATE_WORDS,
    TEXT,
    Argument,
    Word,
    one_of,
    table_of,
)
from orchestrator.errors import CommandRejected
from orchestrator.rundown.show import Show
from orchestrator.rundown.words import spoken

LEAD_FRAMES = 3
"""A command applies this many frames from now, so that all have heard of it (§11)."""

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
    word = WORDS.get(wish.verb)
    if word is None or word.read is None:
        if wish.verb in GATE_WORDS:
            raise CommandRejected("gate", f"{wish.verb} goes to the gate, which answers at once")
        known = ", ".join(verb.value for verb in Verb if verb.value in WORDS)
        raise CommandRejected("unknown-verb", f"the desk knows {known}; not {wish.verb!r}")
    wish.only(*word.names())
    verb = Verb(wish.verb)
    n = now_n + LEAD_FRAMES
    _check_not_stopped(show, n)
    args, text = word.read(wish, show, n)
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
    if show.at(n).scene.cause.rule not in _PICTURE:
        raise CommandRejected("no-change", "nothing is taken: the schedule is on air")
    return {}, "RELEASE: the schedule's picture comes back"


def _read_safe(wish: Wish, show: Show, n: int) -> tuple[dict[str, Any], str]:
    return {}, "SAFE: the studio, full frame, sound up, graphics out; until RELEASE"


def _read_gain(wish: Wish, show: Show, n: int) -> tuple[dict[str, Any], str]:
    return picture.read_trim(wish, show)


_SLOT = Argument("slot", TEXT, "Its id; the one on air if it is not given.")
_NAMED = Argument("slot", TEXT, "The id of the slot.", required=True)
_TO = Argument("to", TEXT, "A time of the event's clock (18:05) or of a site's (18:05 london).")
_ON = Argument("on", FLAG, "false takes it back.")

WORDS: dict[str, Word] = {
    Verb.TAKE.value: Word(
        roles.OPERATE,
        "Put a source, or a whole layout, on air over the schedule.",
        (
            Argument("source", TEXT, "One source, full frame: london.room."),
            Argument("layout", TEXT, "A layout; the one on air if it is not given."),
            Argument("places", table_of(TEXT), "A source for each place of the layout."),
            Argument("audio", table_of(GAIN), "A gain for each place that is to be heard."),
            Argument("transition", TEXT, "cut, mix 600ms, wipe left 1s."),
            Argument("until", one_of("slot", "released"), "When it ends by itself."),
        ),
        picture.read_take,
    ),
    Verb.RELEASE.value: Word(
        roles.OPERATE, "Drop what was taken; the schedule's picture comes back.", (), _read_release
    ),
    Verb.SAFE.value: Word(
        roles.OPERATE, "The studio, full frame, sound up: somewhere good.", (), _read_safe
    ),
    Verb.GAIN.value: Word(
        roles.OPERATE,
        "Set a feed's own gain; it stays with the feed.",
        (
            Argument("feed", TEXT, "A feed: london.room.", required=True),
            Argument("gain", GAIN, "Its trim in decibels.", required=True),
        ),
        _read_gain,
    ),
    Verb.NEXT.value: Word(
        roles.OPERATE, "Leave this slot now, start the next one.", (), running.read_next
    ),
    Verb.STAY.value: Word(
        roles.OPERATE, "This slot does not end by itself.", (_SLOT, _ON), running.read_stay
    ),
    Verb.EXTEND.value: Word(
        roles.OPERATE,
        "Give a slot a new end; says what moves.",
        (_SLOT, Argument("by", TEXT, "A length: 10m, -90s."), _TO),
        running.read_extend,
    ),
    Verb.END.value: Word(
        roles.OPERATE,
        "Decide the end of a slot that asks for it; its planned end without a time.",
        (_SLOT, _TO),
        running.read_end,
    ),
    Verb.SKIP.value: Word(
        roles.OPERATE, "A slot to come will not play.", (_NAMED, _ON), running.read_skip
    ),
    Verb.READY.value: Word(
        roles.READY,
        "The site is ready.",
        (_NAMED, Argument("join", FLAG, "Leave the standby now and go to it.")),
        running.read_ready,
    ),
    Verb.NOT_READY.value: Word(
        roles.READY,
        "The site is not ready: wait, then what.",
        (
            _NAMED,
            Argument("wait", TEXT, "How long to wait for it: 2m."),
            Argument("then", one_of("standby", "skip", "start", "ask"), "What to do then."),
        ),
        running.read_not_ready,
    ),
}
"""Every word that the desk knows; who may say it is given here and nowhere else."""
