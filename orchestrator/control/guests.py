"""STAND-IN and GUEST: what is shown in place of a guest, and how far a guest has come. Pure.

A studio's telephone is a feed called `phone` whose picture is a still. A guest's own line is a feed
that is called as the person.
"""

from __future__ import annotations

from orchestrator.control.floor import Act, Floor
from orchestrator.control.picture import read_source
from orchestrator.control.wish import Wish, unknown
from orchestrator.control.words import STAGES
from orchestrator.errors import CommandRejected
from orchestrator.rundown.plan import PlanSlot
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.takes import safe_spec

_PHONE = "phone"
_GUEST = "guest."


def read_stand_in(wish: Wish, floor: Floor) -> Act:
    wish.only("slot", "source")
    show = floor.show
    name = wish.text("slot")
    slot = next((run for run in show.line_up(floor.n) if run.id == name), None)
    if slot is None:
        raise unknown("unknown-slot", "slot", name, [run.id for run in show.line_up(floor.n)])
    if "done" in slot.state:
        raise CommandRejected("over", f"{name} is over")
    guests = guests_of(slot.plan)
    if not guests:
        raise CommandRejected("no-guest", f"nobody joins {name} from elsewhere; use PREVIEW, TAKE")
    before = show.decided(floor.n).stand_ins.get(name)
    if not wish.text("source"):
        if before is None:
            raise CommandRejected("no-change", f"nobody stands in for the guest of {name}")
        return Act("stand-in", {"slot": name}, f"STAND-IN off: {name} as the file says")
    source = read_source(wish.text("source"), show, slot.site)
    if source == "hide" or source.startswith(_GUEST):
        raise CommandRejected("malformed", "a feed, a clip or a slate stands in for a guest")
    if before is not None and before.source == source:
        raise CommandRejected("no-change", f"{source} is what {name} shows already")
    return Act(
        "stand-in",
        {"slot": name, "source": source},
        f"STAND-IN: {name} shows {source} in place of {', '.join(guests)}",
    )


def read_guest(wish: Wish, floor: Floor) -> Act:
    wish.only("person", "stage")
    people = floor.show.resolved.people
    person, stage = wish.text("person"), wish.text("stage")
    if person not in people:
        raise unknown("unknown-person", "person", person, tuple(people))
    if stage not in STAGES:
        raise unknown("unknown-stage", "stage", stage, STAGES)
    name = people[person].name
    return Act("guest", {"person": person, "stage": stage}, f"GUEST: {name} is at: {stage}")


def guests_of(plan: PlanSlot) -> tuple[str, ...]:
    """Persons whose picture a slot's scene asks for."""
    places = plan.scene.places.values()
    return tuple(one.removeprefix(_GUEST) for one in places if one.startswith(_GUEST))


def phone_of(day: Resolved) -> str | None:
    """The telephone into the studio, as a feed."""
    return next((feed.id for feed in day.feeds() if feed.id.partition(".")[2] == _PHONE), None)


def line_of(day: Resolved, person: str) -> str | None:
    """The feed on which a guest comes in."""
    return next((feed.id for feed in day.feeds() if feed.id.partition(".")[2] == person), None)


def reader_of(day: Resolved) -> str | None:
    """The studio in which somebody can read a statement: the picture of SAFE."""
    sources = safe_spec(day).places.values()
    return next((source for source in sources if not source.startswith("slate.")), None)
