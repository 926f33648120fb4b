"""What the desk knows beyond the show: preview, versions, locks, messages, outputs, handover. Pure.

It follows from the journal alone, entry by entry, so a restarted control knows the same. The
version of a thing is the number of the journal entry that last touched it (D4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.control.chain import Entry
from orchestrator.control.words import WORDS

ASPECTS: Mapping[str, frozenset[str]] = {
    "preview": frozenset({"preview"}),
    "plan": frozenset(
        (
            "next",
            "stay",
            "extend",
            "end",
            "skip",
            "insert",
            "ready",
            "not-ready",
            "rundown",
            "start",
        )
    ),
    "sound": frozenset({"gain", "fader"}),
    "graphics": frozenset(("graphic", "graphic-out", "graphics-out", "graphics-again", "person")),
}
_UNDONE = frozenset(word.name for word in WORDS.values() if word.is_undone)
_KEPT = 32


@dataclass(frozen=True, slots=True)
class Touch:
    """Who changed a thing last, when, and what it was."""

    seq: int
    author: str
    at: str
    n: int
    verb: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lock:
    holder: str
    at: str


@dataclass(frozen=True, slots=True)
class Message:
    seq: int
    site: str
    author: str
    at: str
    text: str
    read_by: str = ""
    read_at: str = ""
    from_site: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that one person at the desk must be told."""

    seq: int
    to: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class OutputWish:
    on: bool = True
    backup: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """Who has the desk, and to whom it is offered."""

    holder: str = ""
    since: str = ""
    offered_to: str = ""
    offered_seq: int = 0
    before: str = ""
    """Who had it before."""
    seq: int = 0
    """Of the entry with which it was taken."""
    relieved: Mapping[str, int] = field(default_factory=dict)
    """Who has handed the desk over, and the frame at which it was taken: see `seat`."""


@dataclass(frozen=True, slots=True)
class DeskState:
    previews: tuple[Touch, ...] = ()
    touched: Mapping[str, Touch] = field(default_factory=dict)
    """By aspect (`plan`), and by what it is about (`sound london.room`)."""
    locks: Mapping[str, Lock] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    notices: tuple[Notice, ...] = ()
    outputs: Mapping[str, OutputWish] = field(default_factory=dict)
    acks: Mapping[str, Touch] = field(default_factory=dict)
    guests: Mapping[str, Touch] = field(default_factory=dict)
    """By person: how far they have come."""
    put_off: Mapping[str, Touch] = field(default_factory=dict)
    """Slots that were skipped, to be asked for again after another one."""
    editions: tuple[Touch, ...] = ()
    """What has brought a version of the rundown into force, the newest last."""
    notes: tuple[Touch, ...] = ()
    seat: Seat = Seat()
    safety: Mapping[str, Touch] = field(default_factory=dict)
    """Acts at the gate that hold: `blank`, `hide london`, `privacy london`, `privacy`."""
    acts: Mapping[str, tuple[Touch, ...]] = field(default_factory=dict)
    """Of each author: what U could take back, the newest last."""
    last_out: tuple[Mapping[str, Any], ...] = ()
    """Graphics that went out last, as GRAPHIC takes them."""
    look: Touch | None = None
    """A graphic that somebody wants to see in the preview before it comes in: `graphics` as GRAPHIC
    takes them, or `again`. What comes in, or newer in the preview, ends it."""

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> DeskState:
        state = cls()
        for entry in entries:
            state = state.after(entry)
        return state

    @property
    def preview(self) -> Touch | None:
        return self.previews[-1] if self.previews else None

    def version(self, aspect: str) -> int:
        touch = self.touched.get(aspect)
        return touch.seq if touch is not None else 0

    def after(self, entry: Entry) -> DeskState:
        touch = Touch(entry.seq, entry.author, entry.at, entry.n, entry.verb, entry.args)
        state = self._touched(touch)
        args = entry.args
        if entry.verb in _UNDONE:
            mine = (*state.acts.get(entry.author, ()), touch)[-_KEPT:]
            state = replace(state, acts=dict(state.acts) | {entry.author: mine})
        match entry.verb:
            case "preview":
                return replace(state, previews=(*state.previews, touch)[-_KEPT:], look=None)
            case "graphic-preview":
                return replace(state, look=touch if args.get("on", True) else None)
            case "graphic" | "graphics-again":
                return replace(state, look=None)
            case "person" if any(one.get("who") == args.get("id") for one in state.last_out):
                again = replace(touch, args={"again": True})
                return replace(state, look=again)  # to be read before it comes in again
            case "undo":
                return state._undone(int(args.get("seq", 0)))
            case "graphics-out" | "graphic-out":
                return replace(state, last_out=tuple(args.get("graphics", ())))
            case "lock":
                return state._locked(touch)
            case "unlock":
                locks = {a: lock for a, lock in state.locks.items() if a != args.get("area")}
                return replace(state, locks=locks)
            case "message":
                message = Message(
                    entry.seq,
                    str(args.get("site")),
                    entry.author,
                    entry.at,
                    str(args.get("text")),
                    from_site=bool(args.get("from_site")),
                )
                return replace(state, messages=(*state.messages, message)[-200:])
            case "read":
                return replace(state, messages=tuple(_read(m, touch) for m in state.messages))
            case "output":
                name = str(args.get("output"))
                known = state.outputs.get(name, OutputWish())
                wish = OutputWish(
                    bool(args.get("on", known.on)), bool(args.get("backup", known.backup))
                )
                return replace(state, outputs=dict(state.outputs) | {name: wish})
            case "ack":
                acks = dict(state.acks) | {str(args.get("incident")): touch}
                return replace(state, acks=dict(list(acks.items())[-200:]))
            case "guest":
                return replace(state, guests=dict(state.guests) | {str(args.get("person")): touch})
            case "skip" | "insert":
                return state._put_off(touch)
            case "start" | "rundown":
                return replace(state, editions=(*state.editions, touch)[-_KEPT:])
            case "note":
                return replace(state, notes=(*state.notes, touch)[-50:])
            case "handover" | "accept":
                return state._seated(touch)
            case "refuse":
                return state._refused(touch)
            case "blank" | "hide" | "privacy":
                key = f"{entry.verb} {args.get('site') or ''}".strip()
                return replace(state, safety=dict(state.safety) | {key: touch})
            case "unblank" | "unhide" | "restore":
                return state._lifted(entry.verb, str(args.get("site") or ""))
        return state

    def _touched(self, touch: Touch) -> DeskState:
        verb = str(touch.args.get("verb", "")) if touch.verb == "undo" else touch.verb
        aspect = next((name for name, verbs in ASPECTS.items() if verb in verbs), None)
        if aspect is None:
            return self
        touched = dict(self.touched) | {aspect: touch}
        about = touch.args.get("feed") or touch.args.get("place")
        if about and aspect == "sound":
            touched[f"sound {about}"] = touch
        return replace(self, touched=touched)

    def _undone(self, seq: int) -> DeskState:
        acts = {
            author: tuple(act for act in theirs if act.seq != seq)
            for author, theirs in self.acts.items()
        }
        previews = tuple(touch for touch in self.previews if touch.seq != seq)
        put_off = {slot: touch for slot, touch in self.put_off.items() if touch.seq != seq}
        return replace(self, acts=acts, previews=previews, put_off=put_off)

    def _put_off(self, touch: Touch) -> DeskState:
        slot = str(touch.args.get("slot") or touch.args.get("item"))
        put_off = {name: one for name, one in self.put_off.items() if name != slot}
        if touch.args.get("after"):
            put_off[slot] = touch
        return replace(self, put_off=put_off)

    def _lifted(self, verb: str, site: str) -> DeskState:
        """RESTORE without a site lifts PRIVACY altogether."""
        act = {"unblank": "blank", "unhide": "hide", "restore": "privacy"}[verb]
        gone = {key for key in self.safety if key.partition(" ")[0] == act}
        if site or verb != "restore":
            gone &= {f"{act} {site}".strip()}
        safety = {key: touch for key, touch in self.safety.items() if key not in gone}
        return replace(self, safety=safety)

    def _locked(self, touch: Touch) -> DeskState:
        area = str(touch.args.get("area"))
        held = self.locks.get(area)
        state = replace(self, locks=dict(self.locks) | {area: Lock(touch.author, touch.at)})
        if held is None or held.holder == touch.author:
            return state
        why = str(touch.args.get("why", ""))
        text = f"{touch.author} has taken {area} over from you: {why}"
        return state._told(touch, held.holder, text)

    def _told(self, touch: Touch, whom: str, text: str) -> DeskState:
        notice = Notice(touch.seq, whom, touch.at, text)
        return replace(self, notices=(*self.notices, notice)[-50:])

    def _seated(self, touch: Touch) -> DeskState:
        if touch.verb == "handover":
            offered = replace(
                self.seat, offered_to=str(touch.args.get("to")), offered_seq=touch.seq
            )
            if not offered.holder:
                offered = replace(offered, holder=touch.author, since=touch.at)
            text = f"{touch.author} offers you the desk: the form is on screen 8"
            return replace(self, seat=offered)._told(touch, offered.offered_to, text)
        before = str(touch.args.get("from", self.seat.holder))
        locks = {
            area: Lock(touch.author, touch.at) if lock.holder == before else lock
            for area, lock in self.locks.items()
        }
        relieved = dict(self.seat.relieved) | ({before: touch.n} if before else {})
        relieved.pop(touch.author, None)
        seat = Seat(touch.author, touch.at, before=before, seq=touch.seq, relieved=relieved)
        return replace(self, seat=seat, locks=locks)

    def _refused(self, touch: Touch) -> DeskState:
        why = f": {touch.args['why']}" if touch.args.get("why") else ""
        text = f"{touch.author} does not take the desk{why}. It stays yours"
        seat = replace(self.seat, offered_to="", offered_seq=0)
        return replace(self, seat=seat)._told(touch, seat.holder, text)


def _read(message: Message, touch: Touch) -> Message:
    if message.seq != touch.args.get("message") or message.read_by:
        return message
    return replace(message, read_by=touch.author, read_at=touch.at)


def unread(messages: Sequence[Message]) -> list[Message]:
    return [message for message in messages if not message.read_by]
