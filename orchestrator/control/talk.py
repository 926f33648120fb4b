"""LOCK, MESSAGE, READ, ACK, NOTE, OUTPUT, HANDOVER, ACCEPT and REFUSE: what the desk is told. Pure.

None of it changes the picture; all of it is in the journal.
"""

from __future__ import annotations

from orchestrator.control.floor import Act, Floor
from orchestrator.control.roles import LOCKED_AREAS, Role
from orchestrator.control.wish import Wish, unknown
from orchestrator.errors import CommandRejected

_QUIET_S = 60
"""Nobody hands the desk over within this time of an anchor (D7)."""


def read_lock(wish: Wish, floor: Floor) -> Act:
    wish.only("area")
    area = _area(wish)
    held = floor.state.locks.get(area)
    if held is not None and held.holder == wish.author:
        raise CommandRejected("no-change", f"{area} is yours already")
    args = {"area": area}
    if held is None:
        return Act("lock", args, f"LOCK: {area} is yours")
    if not wish.reason:
        raise CommandRejected(
            "reason-needed", f"{area} is {held.holder}'s; say why you take it over"
        )
    text = f"LOCK: {area} is yours; {held.holder} is told why"
    return Act("lock", args | {"from": held.holder, "why": wish.reason}, text)


def read_unlock(wish: Wish, floor: Floor) -> Act:
    wish.only("area")
    area = _area(wish)
    held = floor.state.locks.get(area)
    if held is None or held.holder != wish.author:
        whose = f"it is {held.holder}'s" if held is not None else "nobody has it"
        raise CommandRejected("no-change", f"{area} is not yours: {whose}")
    return Act("unlock", {"area": area}, f"UNLOCK: {area} is free")


def read_message(wish: Wish, floor: Floor) -> Act:
    wish.only("site", "text")
    sites = floor.show.resolved.sites
    site = wish.site or wish.text("site")
    if site not in sites:
        raise unknown("unknown-site", "site", site, tuple(sites))
    if wish.site and wish.text("site") not in ("", wish.site):
        raise CommandRejected("forbidden", "a site writes to the desk alone")
    text = _line(wish, "text")
    whom = "the desk" if wish.site else site
    args = {"site": site, "text": text} | ({"from_site": True} if wish.site else {})
    return Act("message", args, f"MESSAGE to {whom}: {text}")


def read_read(wish: Wish, floor: Floor) -> Act:
    wish.only("message")
    number = wish.args.get("message")
    found = next((m for m in floor.state.messages if m.seq == number), None)
    if found is None or (wish.site and found.site != wish.site):
        raise CommandRejected("unknown-message", f"there is no message {number!r} for you")
    if found.read_by:
        raise CommandRejected("no-change", f"it was read by {found.read_by}")
    return Act("read", {"message": found.seq}, f"READ: message {found.seq}")


def read_ack(wish: Wish, floor: Floor) -> Act:
    wish.only("incident")
    incident = _line(wish, "incident")
    if incident not in floor.incidents:
        raise CommandRejected("unknown-incident", f"there is no open incident {incident!r}")
    return Act("ack", {"incident": incident}, f"ACK: {incident} is {wish.author}'s")


def read_note(wish: Wish, floor: Floor) -> Act:
    wish.only("text")
    text = _line(wish, "text")
    return Act("note", {"text": text}, f"NOTE: {text}")


def read_output(wish: Wish, floor: Floor) -> Act:
    wish.only("output", "on", "backup")
    outputs = {output.id: output for output in floor.show.resolved.outputs}
    name = wish.text("output")
    if name not in outputs:
        raise unknown("unknown-output", "output", name, tuple(outputs))
    if outputs[name].kind != "push":
        raise CommandRejected(
            "not-a-push", f"{name} is {outputs[name].kind}; only a push has a tap"
        )
    args: dict[str, object] = {"output": name}
    said = []
    if "on" in wish.args:
        args["on"] = wish.flag("on", True)
        said.append("on" if args["on"] else "off")
    if "backup" in wish.args:
        args["backup"] = wish.flag("backup", False)
        if args["backup"] and not outputs[name].options.get("backup"):
            raise CommandRejected("no-backup", f"{name} has no backup address in the file")
        said.append("to its backup address" if args["backup"] else "to its own address")
    if not said:
        raise CommandRejected("malformed", "on, off, or to which address?")
    return Act("output", args, f"OUTPUT {name}: {', '.join(said)}")


def read_handover(wish: Wish, floor: Floor) -> Act:
    wish.only("to")
    whom = _line(wish, "to")
    _check_quiet(floor, wish.author, whom)
    seat = floor.state.seat
    if seat.holder and seat.holder != wish.author:
        raise CommandRejected("not-yours", f"the desk is {seat.holder}'s to hand over")
    if whom == wish.author:
        raise CommandRejected("no-change", "the desk is yours")
    return Act("handover", {"to": whom}, f"HANDOVER: the desk is offered to {whom}")


def read_accept(wish: Wish, floor: Floor) -> Act:
    """Each open item ticked. Without an offer only a producer may, and says whom it is from."""
    wish.only("ticks", "from")
    seat = floor.state.seat
    _check_quiet(floor, wish.author, seat.holder)
    ticks = wish.args.get("ticks", [])
    if not isinstance(ticks, list) or not all(isinstance(tick, str) for tick in ticks):
        raise CommandRejected("malformed", "ticks is a list of the items that were read")
    may_take = wish.role in (Role.PRODUCER, Role.ADMIN) and bool(wish.reason)
    if seat.offered_to != wish.author and not may_take:
        raise CommandRejected(
            "not-offered",
            "the desk was not offered to you; if its operator has vanished, a producer may "
            "take it, with a reason",
        )
    missing = [item for item in floor.open_items if item not in ticks]
    if missing:
        raise CommandRejected(
            "not-ticked", f"not ticked yet: {'; '.join(floor.open_items[m] for m in missing)}"
        )
    if seat.offered_to != wish.author and seat.holder == wish.author:
        raise CommandRejected("no-change", "the desk is yours")
    args = {"from": seat.holder, "ticks": list(floor.open_items)}
    return Act("accept", args, f"ACCEPT: the desk is {wish.author}'s")


def read_refuse(wish: Wish, floor: Floor) -> Act:
    """At any time, also when nobody could accept: it changes nothing but the offer."""
    wish.only()
    seat = floor.state.seat
    if not seat.offered_to or seat.offered_to != wish.author:
        whose = f"it is offered to {seat.offered_to}" if seat.offered_to else "to nobody"
        raise CommandRejected("not-offered", f"the desk is not offered to you: {whose}")
    args = {"holder": seat.holder} | ({"why": wish.reason} if wish.reason else {})
    return Act("refuse", args, f"REFUSE: the desk stays {seat.holder}'s, who is told")


def _check_quiet(floor: Floor, *parties: str) -> None:
    """Nobody hands over around a fixed point, in PRIVACY, or while a TAKE is being made (D7)."""
    fps = floor.show.resolved.programme.fps
    for run in floor.show.line_up(floor.n):
        if run.anchor == "hard" and run.at_n is not None:
            away_s = abs(run.at_n - floor.n) / fps
            if away_s < _QUIET_S:
                raise CommandRejected(
                    "not-now", f"{run.id} is fixed {away_s:.0f} s from now: hand over afterwards"
                )
    privacy = any(key.partition(" ")[0] == "privacy" for key in floor.state.safety)
    if privacy or floor.show.decided(floor.n).quarantined:
        raise CommandRejected("not-now", "PRIVACY is in force: end it first")
    if _is_taking(floor):
        raise CommandRejected("not-now", "a TAKE is being made: hand over when it is done")
    lock = floor.state.locks.get(LOCKED_AREAS[0].value)
    if lock is not None and lock.holder not in parties:
        raise CommandRejected(
            "not-now", f"the picture is {lock.holder}'s just now: hand over when it is free"
        )


def _is_taking(floor: Floor) -> bool:
    """A second TAKE would be refused, or a transition to a taken scene runs."""
    taken = floor.show.taken(floor.n)
    if taken is None:
        return False
    fps = floor.show.resolved.programme.fps
    return floor.n - taken.began_n < max(fps, taken.transition.frames)


def _area(wish: Wish) -> str:
    area = wish.text("area")
    if area not in LOCKED_AREAS:
        raise unknown("unknown-area", "area", area, tuple(LOCKED_AREAS))
    return area


def _line(wish: Wish, key: str) -> str:
    text = wish.text(key)
    if not text or not text.isprintable():
        raise CommandRejected("malformed", f"{key} is one line of text")
    return text
