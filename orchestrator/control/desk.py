"""The desk: accepts a wish and says what it means, or refuses it and changes nothing. Pure.

In this order: is there such a word, may this role say it, is the area somebody else's, has what
the sender looked at changed, and does it make sense. What it decides, `gallery` journals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from orchestrator.bus.orders import Order, Verb
from orchestrator.control import (
    guests,
    overlay,
    picture,
    reload,
    running,
    say,
    seat,
    sound,
    stale,
    talk,
    undo,
)
from orchestrator.control.deskstate import DeskState
from orchestrator.control.floor import Act, Floor
from orchestrator.control.roles import LOCKED_AREAS, may
from orchestrator.control.wish import Wish
from orchestrator.control.words import WORDS, Word
from orchestrator.errors import CommandRejected
from orchestrator.rundown.reflow import Reflow, compare
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show
from orchestrator.rundown.words import spoken

LEAD_FRAMES = 3
"""A command applies this many frames from now, so that all have heard of it (§11)."""

_PICTURE = frozenset({Verb.TAKE, Verb.SAFE})
_REFLOWS = frozenset(
    {
        *(Verb.NEXT, Verb.STAY, Verb.EXTEND, Verb.END, Verb.NOT_READY),
        *(Verb.SKIP, Verb.INSERT, Verb.UNDO, Verb.RUNDOWN),
    }
)
_EXTENDS = frozenset({Verb.EXTEND, Verb.END})


@dataclass(frozen=True, slots=True)
class Decision:
    """An entry without its number; `text` says what will happen, `moves` what moves with it."""

    verb: str
    n: int
    args: dict[str, Any]
    text: str
    moves: tuple[str, ...] = ()
    reflow: Reflow = field(default_factory=Reflow)
    edition: Resolved | None = None
    """Comes into force with it, made of what `file` says."""
    file: Resolved | None = None


def decide(wish: Wish, show: Show, now_n: int, floor: Floor | None = None) -> Decision:
    """`floor` has what is known beyond the show. Raises CommandRejected."""
    word, read = _word(wish), _READERS.get(wish.verb)
    if word is None or read is None:
        if word is not None and word.is_safety:
            raise CommandRejected("gate", f"{wish.verb} goes to the gate, which answers at once")
        raise CommandRejected(
            "unknown-verb", f"the desk knows {', '.join(sorted(_READERS))}; not {wish.verb!r}"
        )
    n = now_n + LEAD_FRAMES
    known = floor if floor is not None else Floor(show, n)
    check_role(wish, word)
    seat.check(wish, known.state.seat, n, show.resolved.programme.fps)
    _check_not_stopped(show, n)
    if not wish.dry:
        _check_lock(wish, word, known.state)
        stale.check(wish, word, known)
    act = read(wish, known)
    if word.needs_reason and not wish.reason and not wish.dry:
        raise CommandRejected("reason-needed", f"{wish.verb} asks for a reason")
    verb = act.verb
    _check_pace(verb, show, n)
    moves, reflow = foreseen(show, verb, n, act.args, act.edition)
    _check_room(wish, act, reflow, show)
    return Decision(verb, n, act.args, act.text, moves, reflow, act.edition, act.file)


def foreseen(
    show: Show, verb: str, n: int, args: dict[str, Any], edition: Resolved | None
) -> tuple[tuple[str, ...], Reflow]:
    """What moves in the rest of the day with a decision that applies at frame `n`."""
    if verb not in _REFLOWS and not (verb == Verb.READY and args.get("join")):
        return (), Reflow()
    editions = () if edition is None else (edition,)
    after = show.after(Order(2**31, Verb(verb), n, args=args), editions=editions)
    reflow = compare(show, after, n)
    upcoming = [slot for slot in show.line_up(n) if slot.end_n > n or slot.is_open]
    moves = say.consequences(upcoming, after.line_up(n), after.day_at(n).left_out, show.resolved)
    return tuple(moves), reflow


def check_role(wish: Wish, word: Word) -> None:
    """Raises CommandRejected if this role may not say this word."""
    if not may(wish.role, word.least, is_safety=word.is_safety):
        raise CommandRejected("forbidden", f"{word.name} is not for a {wish.role.value}")
    if wish.site and not word.own_site and word.name != "restore" and word.name != "read":
        raise CommandRejected("forbidden", f"{word.name} is not for a site")


def _word(wish: Wish) -> Word | None:
    return WORDS.get(wish.verb)


def _check_not_stopped(show: Show, n: int) -> None:
    if any(order.verb is Verb.STOP and order.n <= n for order in show.orders):
        raise CommandRejected("stopped", "the event was stopped; nothing can be put on air")


def _check_lock(wish: Wish, word: Word, state: DeskState) -> None:
    if word.area not in LOCKED_AREAS:
        return
    lock = state.locks.get(word.area.value)
    if lock is not None and lock.holder != wish.author:
        raise CommandRejected(
            "locked",
            f"{word.area.value} is {lock.holder}'s; take it over with LOCK and a reason",
        )


def _check_pace(verb: str, show: Show, n: int) -> None:
    """A second TAKE within a second is refused: an accident, or two people (DESIGN §11)."""
    if verb not in _PICTURE:
        return
    fps = show.resolved.programme.fps
    last = max((order.n for order in show.orders if order.verb in _PICTURE), default=None)
    if last is not None and n - last < fps:
        raise CommandRejected(
            "too-soon", f"a TAKE {(n - last) / fps:.1f} s ago: look at the programme, press again"
        )


def _check_room(wish: Wish, act: Act, reflow: Reflow, show: Show) -> None:
    """An EXTEND that leaves no room before an anchor is refused; beyond a slot's own longest, a
    reason is asked for."""
    if act.verb not in _EXTENDS:
        return
    fps = show.resolved.programme.fps
    if act.verb == Verb.EXTEND and reflow.late:
        late = reflow.late[0]
        raise CommandRejected(
            "no-room",
            f"{spoken(late.frames, fps)} too much before {late.anchor}, with "
            "everything that may shrink or go already gone; STAY keeps it on all the same",
        )
    if reflow.beyond_max and not wish.reason and not wish.dry:
        raise CommandRejected(
            "reason-needed",
            f"{spoken(reflow.beyond_max, fps)} beyond the slot's own longest: say why",
        )


_Old = Callable[[Wish, Show, int], tuple[dict[str, Any], str]]
_Reader = Callable[[Wish, Floor], Act]


def _of_plan(verb: Verb, read: _Old) -> _Reader:
    def reader(wish: Wish, floor: Floor) -> Act:
        args, text = read(wish, floor.show, floor.n)
        return Act(verb.value, args, text)

    return reader


_READERS: dict[str, _Reader] = {
    "preview": picture.read_preview,
    "layout": picture.read_layout,
    "source": picture.read_place,
    "transition": picture.read_how,
    "take": picture.read_take,
    "release": picture.read_release,
    "safe": picture.read_safe,
    "quarantine": picture.read_quarantine,
    "latch": picture.read_latch,
    "stand-in": guests.read_stand_in,
    "guest": guests.read_guest,
    "next": _of_plan(Verb.NEXT, running.read_next),
    "stay": _of_plan(Verb.STAY, running.read_stay),
    "extend": _of_plan(Verb.EXTEND, running.read_extend),
    "shorten": _of_plan(Verb.EXTEND, running.read_shorten),
    "end": _of_plan(Verb.END, running.read_end),
    "skip": _of_plan(Verb.SKIP, running.read_skip),
    "rundown": reload.read_rundown,
    "revert": reload.read_revert,
    "insert": _of_plan(Verb.INSERT, running.read_insert),
    "ready": _of_plan(Verb.READY, running.read_ready),
    "not-ready": _of_plan(Verb.NOT_READY, running.read_not_ready),
    "gain": sound.read_trim,
    "match": sound.read_match,
    "fader": sound.read_fader,
    "mute": sound.read_mute,
    "solo": sound.read_solo,
    "graphic": overlay.read_graphic,
    "graphic-preview": overlay.read_graphic_preview,
    "graphic-out": overlay.read_graphic_out,
    "graphics-out": overlay.read_graphics_out,
    "graphics-again": overlay.read_graphics_again,
    "person": overlay.read_person,
    "output": talk.read_output,
    "undo": undo.read_undo,
    "lock": talk.read_lock,
    "unlock": talk.read_unlock,
    "message": talk.read_message,
    "read": talk.read_read,
    "ack": talk.read_ack,
    "note": talk.read_note,
    "handover": talk.read_handover,
    "accept": talk.read_accept,
    "refuse": talk.read_refuse,
}


def known() -> frozenset[str]:
    """The words of the table that the desk acts on; the gate has its own."""
    return frozenset(_READERS)
