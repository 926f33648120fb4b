"""UNDO: one's own last act is taken back as a new one, after it has been named (D3). Pure.

From its frame on the show is as if that act had not been given; what was on air stays what was on
air. Safety acts are not undone but restored.
"""

from __future__ import annotations

from orchestrator.bus.orders import Order, Verb
from orchestrator.control import say
from orchestrator.control.deskstate import Touch
from orchestrator.control.floor import Act, Floor
from orchestrator.control.wish import Wish
from orchestrator.errors import CommandRejected
from orchestrator.timing import Grid

_NEXT_S = 10
_MOVES_SLOTS = frozenset({"next", "insert"})


def read_undo(wish: Wish, floor: Floor) -> Act:
    wish.only("seq")
    mine = floor.state.acts.get(wish.author, ())
    given = {order.seq for order in floor.show.orders}
    mine = tuple(touch for touch in mine if touch.seq in given)
    if not mine:
        raise CommandRejected("nothing-to-undo", "you have done nothing that can be taken back")
    last = mine[-1]
    named = wish.args.get("seq")
    if named is not None and named != last.seq:
        raise CommandRejected("not-the-last", f"your last act is {_named(last, floor)}")
    fps = floor.show.resolved.programme.fps
    if last.verb in _MOVES_SLOTS and floor.n - last.n > _NEXT_S * fps:
        raise CommandRejected(
            "too-late", f"{last.verb.upper()} is taken back within {_NEXT_S} s only"
        )
    args = {"seq": last.seq, "verb": last.verb}
    if last.verb not in _MOVES_SLOTS:
        after = floor.show.after(Order(2**31, Verb.UNDO, floor.n, args=dict(args)))
        if after.slot_at(floor.n).id != floor.show.slot_at(floor.n).id:
            raise CommandRejected(
                "too-late", f"taking {_named(last, floor)} back would leave the slot on air"
            )
    return Act("undo", args, f"UNDO: {_named(last, floor)}")


def _named(touch: Touch, floor: Floor) -> str:
    day = floor.show.resolved
    about = next(
        (str(touch.args[key]) for key in ("slot", "feed", "place", "use", "id", "item")
         if touch.args.get(key)), "",
    )  # fmt: skip
    if "places" in touch.args:
        about = " ".join(map(str, dict(touch.args["places"]).values()))
    at = say.at(touch.n, Grid.standard(day.programme.fps), day.timezone)
    return f"{touch.verb.upper()}{f' {about}' if about else ''} of {at}"
