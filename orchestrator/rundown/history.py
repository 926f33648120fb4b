"""What has been decided, order by order: each order begins an epoch with its own line-up.

Pure. An epoch holds from its order's frame to the next one's. What has begun is never moved, so
the epoch of a frame tells what was on at that frame, also after later orders (and a replayed
journal gives the same show).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from orchestrator.bus.orders import Order, Verb
from orchestrator.rundown.decided import Decided, Epoch, cause_of, of_day
from orchestrator.rundown.lineup import Back, Day, Hold, Item, LiveSlot
from orchestrator.rundown.plan import PlanSlot
from orchestrator.rundown.projection import as_resolved
from orchestrator.rundown.resolved import Resolved, Slot
from orchestrator.rundown.restofday import RestOfDay
from orchestrator.rundown.unmoved import UNMOVED, gain


class History:
    """The rules for applying orders to one resolved day. Holds no state of its own."""

    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved
        self.rest = RestOfDay(resolved)
        self._standby = {plan.id: plan for plan in resolved.standby}
        trims_db = {feed.id: feed.trim_db for feed in resolved.feeds()}
        self._verbs: dict[Verb, Callable[[Epoch, Order], Epoch]] = {
            Verb.NEXT: self._next,
            Verb.STAY: self._stay,
            Verb.EXTEND: self._end_at,
            Verb.END: self._end_at,
            Verb.SKIP: self._skip,
            Verb.READY: self._ready,
            Verb.NOT_READY: self._not_ready,
            Verb.GAIN: partial(gain, trims_db=trims_db),
            Verb.INSERT: self._insert,
            **UNMOVED,
        }

    def first(self) -> Epoch:
        return Epoch(-(2**62), as_resolved(self.resolved))

    def taken_over(self, epoch: Epoch, order: Order, before: Resolved) -> Epoch:
        """The epoch in which this edition of the rundown replaces `before`, at the order's frame.

        What has begun keeps its place in the day and everything but its title; what is on air may
        be given a later end, if nobody has brought it forward.
        """
        n, day = order.n, epoch.day
        decided = of_day(epoch.decided, self.resolved)
        if day.index_at(n) < 0 and decided == Decided():
            return Epoch(n, as_resolved(self.resolved), decided)
        run = day.on_air(n)
        end_n = None
        if run is not None and self._is_own(run):
            planned = before.slots[run.place].frames
            longer = self.resolved.slots[run.place].frames - planned
            if longer > 0 and run.own_end_n >= run.origin_n + planned:
                end_n = max(run.own_end_n, run.origin_n + planned + longer)
        runs = tuple(
            replace(r, plan=self.resolved.slots[r.place].plan) if self._is_own(r) else r
            for r in day.runs[: day.index_at(n) + 1]
        )
        known = {slot.id for slot in self.resolved.slots}
        left_out = {slot: why for slot, why in day.left_out.items() if slot in known}
        begun = replace(day, runs=(*runs, *day.runs[len(runs) :]), left_out=left_out)
        epoch = replace(epoch, from_n=n, day=begun)
        return self.rest.anew(epoch, n, decided, end_n=end_n)

    def _is_own(self, run: LiveSlot) -> bool:
        """Whether a run is the slot of its place, not a stand-in or an item of the shelf."""
        slots = self.resolved.slots
        return 0 <= run.place < len(slots) and slots[run.place].id == run.id

    def after(self, epoch: Epoch, order: Order) -> Epoch:
        """The epoch that `order` begins; the same line-up if it changes nothing."""
        rule = self._verbs.get(order.verb)
        applied = rule(epoch, order) if rule is not None else epoch
        return replace(applied, from_n=order.n)

    # orders about the running order

    def _next(self, epoch: Epoch, order: Order) -> Epoch:
        n, day = order.n, epoch.day
        run = day.on_air(n)
        left = order.args.get("slot")
        if left is not None and left != (run.id if run else ""):
            return epoch  # somebody was quicker: the slot to be left is not on any more
        cause = cause_of(order, "next")
        decided = epoch.decided
        if run is not None:
            decided = replace(decided, staying=decided.staying - {run.id})
        joins = run.stands_for if run is not None else None
        if joins is not None and joins in decided.ready:
            return self.rest.anew(epoch, n, decided, end_n=n, join=joins, cause=cause)
        return self.rest.anew(
            epoch,
            n,
            _not_waiting(decided, self._first_item(day, n, decided), n),
            end_n=n,
            cause=cause,
        )

    def _first_item(self, day: Day, n: int, decided: Decided) -> str | None:
        i = day.index_at(n)
        items = self.rest.coming(day.runs[i] if i >= 0 else None, decided)
        return items[0].slot.id if items else None

    def _stay(self, epoch: Epoch, order: Order) -> Epoch:
        n, slot = order.n, str(order.args.get("slot", ""))
        run = epoch.day.on_air(n)
        decided = epoch.decided
        if order.args.get("on", True):
            decided = replace(decided, staying=decided.staying | {slot})
            return self.rest.anew(epoch, n, decided)
        if slot not in decided.staying:
            return epoch
        decided = replace(decided, staying=decided.staying - {slot})
        if run is None or run.id != slot:
            return self.rest.anew(epoch, n, decided)
        # R5: the end becomes known again, late enough for the longest end-timed shot to play
        end_n = n + max((-shot.at for shot in run.plan.shots if shot.at < 0), default=0)
        if end_n <= run.own_end_n:
            return self.rest.anew(epoch, n, decided)
        decided = replace(decided, ends=decided.ends | {slot})
        return self.rest.anew(epoch, n, decided, end_n=end_n)

    def _end_at(self, epoch: Epoch, order: Order) -> Epoch:
        """EXTEND moves the end, decided or not; END moves it and decides it."""
        n, slot = order.n, str(order.args.get("slot", ""))
        end_n = max(int(order.args["end_n"]), n)
        decided = epoch.decided
        if order.verb is Verb.END:
            decided = replace(decided, ends=decided.ends | {slot})
        run = epoch.day.on_air(n)
        if run is not None and run.id == slot:
            return self.rest.anew(epoch, n, decided, end_n=end_n)
        later = next((r for r in epoch.day.runs if r.id == slot and r.start_n > n), None)
        if later is not None and end_n != later.end_n:
            frames = dict(decided.frames) | {slot: max(end_n - later.start_n, 0)}
            decided = replace(decided, frames=frames)
        return self.rest.anew(epoch, n, decided)

    def _skip(self, epoch: Epoch, order: Order) -> Epoch:
        slot = {str(order.args.get("slot", ""))}
        skipped = epoch.decided.skipped
        skipped = skipped | slot if order.args.get("on", True) else skipped - slot
        return self.rest.anew(epoch, order.n, replace(epoch.decided, skipped=skipped))

    # orders about sites

    def _ready(self, epoch: Epoch, order: Order) -> Epoch:
        n, slot = order.n, str(order.args.get("slot", ""))
        decided = epoch.decided
        held = slot in decided.holds
        decided = replace(
            decided, ready=decided.ready | {slot}, holds=_without(decided.holds, slot)
        )
        run = epoch.day.on_air(n)
        if run is not None and run.stands_for == slot:
            if not order.args.get("join"):  # a person decides whether the standby is left
                return replace(epoch, decided=decided)
            cause = cause_of(order, "ready")
            return self.rest.anew(epoch, n, decided, end_n=n, join=slot, cause=cause)
        if not held:
            return replace(epoch, decided=decided)
        return self.rest.anew(epoch, n, decided, keep=slot)

    def _not_ready(self, epoch: Epoch, order: Order) -> Epoch:
        """The slot before goes on until `wait` after the time due; then `then` (RUNDOWN §2)."""
        n, slot = order.n, str(order.args.get("slot", ""))
        decided = epoch.decided
        run = epoch.day.on_air(n)
        if run is not None and run.stands_for == slot:  # READY is taken back, and that is all
            return replace(epoch, decided=replace(decided, ready=decided.ready - {slot}))
        place = next((i for i, s in enumerate(self.resolved.slots) if s.id == slot), None)
        if place is None or place <= _place(epoch.day, n):
            return epoch
        policy = self.resolved.slots[place].plan.not_ready
        held = decided.holds.get(slot)
        due_n = next((run.start_n for run in epoch.day.runs if run.id == slot), n)
        due_n = held.due_n if held is not None else due_n
        wait, from_n = (held.wait, held.from_n) if held is not None else (policy.wait, 0)
        if "wait" in order.args:
            wait, from_n = int(order.args["wait"]), n
        then = str(order.args.get("then") or (held.then if held else policy.then))
        cause = cause_of(order, f"not-ready: {then}")
        hold = Hold(due_n, due_n, then, cause, wait, from_n).laid_out(due_n, n)
        decided = replace(
            decided, ready=decided.ready - {slot}, holds=dict(decided.holds) | {slot: hold}
        )
        return self.rest.anew(epoch, n, decided)

    def _insert(self, epoch: Epoch, order: Order) -> Epoch:
        """An item of the shelf plays now; what it interrupts goes on behind it, if so ordered.
        A slot that was skipped is on the shelf too."""
        n = order.n
        name = str(order.args["item"])
        filler = self._standby.get(name) or self._skipped(epoch, name)
        frames = int(order.args.get("frames") or filler.duration)
        run = epoch.day.on_air(n)
        back = None
        if run is not None and order.args.get("resume"):
            played, left = max(n - run.origin_n, 1), max(run.own_end_n - n, 1)
            shortest = max(min(run.plan.shortest - played, left), 1)
            back = Back(played, left, shortest, max(run.plan.longest - played, left))
        place = _place(epoch.day, n)
        inserted = Item(
            Slot(filler, n, n + frames),
            place,
            frames,
            frames,
            frames,
            cause=cause_of(order, "insert"),
            back=back,
        )
        return self.rest.anew(epoch, n, epoch.decided, end_n=n, insert=inserted)

    def _skipped(self, epoch: Epoch, name: str) -> PlanSlot:
        """Raises KeyError for what was not skipped."""
        if name not in epoch.decided.skipped:
            raise KeyError(name)
        return next(slot.plan for slot in self.resolved.slots if slot.id == name)


def _place(day: Day, n: int) -> int:
    i = day.index_at(n)
    return day.runs[i].place if i >= 0 else -1


def _not_waiting(decided: Decided, slot: str | None, n: int) -> Decided:
    """NEXT cuts the waiting for a site short: what was to come instead comes now."""
    hold = decided.holds.get(slot or "")
    if slot is None or hold is None:
        return decided
    holds = _without(decided.holds, slot)
    if hold.then != "ask":
        holds[slot] = replace(hold, wait=0, from_n=n)
    return replace(decided, holds=holds)


def _without(holds: Mapping[str, Hold], slot: str) -> dict[str, Hold]:
    return {name: hold for name, hold in holds.items() if name != slot}
