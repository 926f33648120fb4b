"""What has been decided, order by order: each order begins an epoch with its own line-up.

Pure. An epoch holds from its order's frame to the next one's. What has begun is never moved, so
the epoch of a frame tells what was on at that frame, also after later orders (and a replayed
journal gives the same show).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.bus.orders import Order, Verb
from orchestrator.rundown.lineup import Back, Day, Hold, Item, LiveSlot
from orchestrator.rundown.overlays import NOTHING_CALLED, OVERLAY_VERBS, Overlays
from orchestrator.rundown.plan import PlanSlot
from orchestrator.rundown.projection import Draft, as_resolved, project
from orchestrator.rundown.resolved import Resolved, Slot
from orchestrator.rundown.scene import Cause


@dataclass(frozen=True, slots=True)
class Trim:
    """A feed's own gain, on its way from one value to another from frame `n` on."""

    from_db: float
    to_db: float
    n: int
    frames: int = 0

    def at(self, n: int) -> float:
        if n >= self.n + self.frames:
            return self.to_db
        share = max(0, n - self.n + 1) / (self.frames + 1)
        return self.from_db + (self.to_db - self.from_db) * share


@dataclass(frozen=True, slots=True)
class StandIn:
    """Chosen by a person, before the slot or during it."""

    source: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Decided:
    """Everything that people or defaults have said about slots, feeds and sites."""

    skipped: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()
    """`end: ask` slots whose end has been decided."""
    staying: frozenset[str] = frozenset()
    ready: frozenset[str] = frozenset()
    frames: Mapping[str, int] = field(default_factory=dict)
    """Lengths given to slots before they began."""
    holds: Mapping[str, Hold] = field(default_factory=dict)
    trims: Mapping[str, Trim] = field(default_factory=dict)
    quarantined: frozenset[str] = frozenset()
    """Sites whose feeds are not to be shown (PRIVACY), until RESTORE."""
    hidden: frozenset[str] = frozenset()
    """Sites whose feeds are not to be shown (HIDE), until UNHIDE."""
    feeds_out: frozenset[str] = frozenset()
    """Feeds that are not to be shown until they are let back (QUARANTINE)."""
    latched: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Feeds whose stand-in stays while this run, by place and first frame, is on."""
    stand_ins: Mapping[str, StandIn] = field(default_factory=dict)
    """By slot: what is shown in it in place of a guest who is not there."""
    previewed: frozenset[str] = frozenset()
    """Sources of the preview: decoded, so that a TAKE is instant."""
    solos: frozenset[tuple[str, str]] = frozenset()
    """Who listens to which feed."""
    overlays: Overlays = NOTHING_CALLED
    stopped: Cause | None = None


@dataclass(frozen=True, slots=True)
class Epoch:
    """From `from_n` on: the line-up and what has been decided."""

    from_n: int
    day: Day
    decided: Decided = Decided()


class History:
    """The rules for applying orders to one resolved day. Holds no state of its own."""

    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved
        self._standby = {plan.id: plan for plan in resolved.standby}
        self._verbs: dict[Verb, Callable[[Epoch, Order], Epoch]] = {
            Verb.NEXT: self._next,
            Verb.STAY: self._stay,
            Verb.EXTEND: self._end_at,
            Verb.END: self._end_at,
            Verb.SKIP: self._skip,
            Verb.READY: self._ready,
            Verb.NOT_READY: self._not_ready,
            Verb.GAIN: self._gain,
            Verb.PRIVACY: self._quarantine,
            Verb.RESTORE: self._quarantine,
            Verb.HIDE: self._hide,
            Verb.UNHIDE: self._hide,
            Verb.QUARANTINE: self._feed_out,
            Verb.LATCH: self._latch,
            Verb.INSERT: self._insert,
            Verb.STAND_IN: self._stand_in,
            Verb.PREVIEW: self._preview,
            Verb.SOLO: self._solo,
            Verb.STOP: self._stop,
            **dict.fromkeys(OVERLAY_VERBS, self._overlay),
        }
        self._trims_db = {feed.id: feed.trim_db for feed in resolved.feeds()}

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
        return self._replanned(epoch, n, decided, end_n=end_n)

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
            return self._replanned(epoch, n, decided, end_n=n, join=joins, cause=cause)
        return self._replanned(
            epoch,
            n,
            _not_waiting(decided, self._first_item(day, n, decided), n),
            end_n=n,
            cause=cause,
        )

    def _first_item(self, day: Day, n: int, decided: Decided) -> str | None:
        i = day.index_at(n)
        items = self._coming(day.runs[i] if i >= 0 else None, decided)
        return items[0].slot.id if items else None

    def _stay(self, epoch: Epoch, order: Order) -> Epoch:
        n, slot = order.n, str(order.args.get("slot", ""))
        run = epoch.day.on_air(n)
        decided = epoch.decided
        if order.args.get("on", True):
            decided = replace(decided, staying=decided.staying | {slot})
            return self._replanned(epoch, n, decided)
        if slot not in decided.staying:
            return epoch
        decided = replace(decided, staying=decided.staying - {slot})
        if run is None or run.id != slot:
            return self._replanned(epoch, n, decided)
        # R5: the end becomes known again, late enough for the longest end-timed shot to play
        end_n = n + max((-shot.at for shot in run.plan.shots if shot.at < 0), default=0)
        if end_n <= run.own_end_n:
            return self._replanned(epoch, n, decided)
        decided = replace(decided, ends=decided.ends | {slot})
        return self._replanned(epoch, n, decided, end_n=end_n)

    def _end_at(self, epoch: Epoch, order: Order) -> Epoch:
        """EXTEND moves the end, decided or not; END moves it and decides it."""
        n, slot = order.n, str(order.args.get("slot", ""))
        end_n = max(int(order.args["end_n"]), n)
        decided = epoch.decided
        if order.verb is Verb.END:
            decided = replace(decided, ends=decided.ends | {slot})
        run = epoch.day.on_air(n)
        if run is not None and run.id == slot:
            return self._replanned(epoch, n, decided, end_n=end_n)
        later = next((r for r in epoch.day.runs if r.id == slot and r.start_n > n), None)
        if later is not None and end_n != later.end_n:
            frames = dict(decided.frames) | {slot: max(end_n - later.start_n, 0)}
            decided = replace(decided, frames=frames)
        return self._replanned(epoch, n, decided)

    def _skip(self, epoch: Epoch, order: Order) -> Epoch:
        slot = {str(order.args.get("slot", ""))}
        skipped = epoch.decided.skipped
        skipped = skipped | slot if order.args.get("on", True) else skipped - slot
        return self._replanned(epoch, order.n, replace(epoch.decided, skipped=skipped))

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
            return self._replanned(epoch, n, decided, end_n=n, join=slot, cause=cause)
        if not held:
            return replace(epoch, decided=decided)
        return self._replanned(epoch, n, decided, keep=slot)

    def _not_ready(self, epoch: Epoch, order: Order) -> Epoch:
        """The slot before goes on until `wait` after the time due; then `then` (RUNDOWN §2)."""
        n, slot = order.n, str(order.args.get("slot", ""))
        decided = epoch.decided
        place = next((i for i, s in enumerate(self.resolved.slots) if s.id == slot), None)
        if place is None or place <= _place(epoch.day, n):
            return epoch
        policy = self.resolved.slots[place].plan.not_ready
        held = decided.holds.get(slot)
        due_n = next((run.start_n for run in epoch.day.runs if run.id == slot), n)
        due_n = held.due_n if held is not None else due_n
        until_n = held.until_n if held is not None else due_n + policy.wait
        if "wait" in order.args:
            until_n = max(n, due_n) + int(order.args["wait"])
        then = str(order.args.get("then") or (held.then if held else policy.then))
        hold = Hold(due_n, max(until_n, n), then, cause_of(order, f"not-ready: {then}"))
        decided = replace(
            decided, ready=decided.ready - {slot}, holds=dict(decided.holds) | {slot: hold}
        )
        return self._replanned(epoch, n, decided)

    def _gain(self, epoch: Epoch, order: Order) -> Epoch:
        feed = str(order.args.get("feed", ""))
        to_db = float(order.args.get("trim_db", 0.0))
        known = epoch.decided.trims.get(feed)
        from_db = self._trims_db.get(feed, 0.0) if known is None else known.at(order.n)
        trim = Trim(from_db, to_db, order.n, max(0, int(order.args.get("frames", 0))))
        trims = dict(epoch.decided.trims) | {feed: trim}
        return replace(epoch, decided=replace(epoch.decided, trims=trims))

    def _quarantine(self, epoch: Epoch, order: Order) -> Epoch:
        """PRIVACY takes a site's feeds away; RESTORE gives them back (without a site: all)."""
        site = str(order.args.get("site") or "")
        quarantined = epoch.decided.quarantined
        if order.verb is Verb.PRIVACY:
            quarantined = quarantined | ({site} if site else set())
        else:
            quarantined = quarantined - {site} if site else frozenset()
        return replace(epoch, decided=replace(epoch.decided, quarantined=quarantined))

    def _hide(self, epoch: Epoch, order: Order) -> Epoch:
        hidden = _switched(epoch.decided.hidden, order, "site", on=order.verb is Verb.HIDE)
        return replace(epoch, decided=replace(epoch.decided, hidden=hidden))

    def _feed_out(self, epoch: Epoch, order: Order) -> Epoch:
        out = _switched(epoch.decided.feeds_out, order, "feed", on=order.args.get("on", True))
        return replace(epoch, decided=replace(epoch.decided, feeds_out=out))

    def _latch(self, epoch: Epoch, order: Order) -> Epoch:
        feed = str(order.args.get("feed", ""))
        latched = {name: run for name, run in epoch.decided.latched.items() if name != feed}
        i = epoch.day.index_at(order.n)
        if order.args.get("on", True) and i >= 0:
            latched[feed] = (epoch.day.runs[i].place, epoch.day.runs[i].start_n)
        return replace(epoch, decided=replace(epoch.decided, latched=latched))

    def _stand_in(self, epoch: Epoch, order: Order) -> Epoch:
        slot, source = str(order.args["slot"]), str(order.args.get("source") or "")
        chosen = {name: one for name, one in epoch.decided.stand_ins.items() if name != slot}
        if source:
            chosen[slot] = StandIn(source, cause_of(order, "stand-in"))
        return replace(epoch, decided=replace(epoch.decided, stand_ins=chosen))

    def _preview(self, epoch: Epoch, order: Order) -> Epoch:
        sources = frozenset(map(str, dict(order.args.get("places") or {}).values()))
        return replace(epoch, decided=replace(epoch.decided, previewed=sources))

    def _solo(self, epoch: Epoch, order: Order) -> Epoch:
        solos = {one for one in epoch.decided.solos if one[0] != order.author}
        if order.args.get("on", True):
            solos.add((order.author, str(order.args.get("feed", ""))))
        return replace(epoch, decided=replace(epoch.decided, solos=frozenset(solos)))

    def _overlay(self, epoch: Epoch, order: Order) -> Epoch:
        i = epoch.day.index_at(order.n)
        run = (epoch.day.runs[i].place, epoch.day.runs[i].start_n) if i >= 0 else (-1, -1)
        overlays = epoch.decided.overlays.after(order, run)
        return replace(epoch, decided=replace(epoch.decided, overlays=overlays))

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
            played, left = n - run.origin_n, max(run.own_end_n - n, 1)
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
        return self._replanned(epoch, n, epoch.decided, end_n=n, insert=inserted)

    def _skipped(self, epoch: Epoch, name: str) -> PlanSlot:
        """Raises KeyError for what was not skipped."""
        if name not in epoch.decided.skipped:
            raise KeyError(name)
        return next(slot.plan for slot in self.resolved.slots if slot.id == name)

    def _stop(self, epoch: Epoch, order: Order) -> Epoch:
        return replace(epoch, decided=replace(epoch.decided, stopped=cause_of(order, "stop")))

    # the line-up anew

    def _replanned(
        self,
        epoch: Epoch,
        n: int,
        decided: Decided,
        *,
        end_n: int | None = None,
        join: str | None = None,
        keep: str | None = None,
        insert: Item | None = None,
        cause: Cause | None = None,
    ) -> Epoch:
        """What has begun stays; the run on air ends at `end_n` if given; the rest follows anew."""
        day = epoch.day
        i = day.index_at(n)
        begun = list(day.runs[: i + 1])
        run = day.on_air(n)
        start_n = max(n, self.resolved.start_n)
        if run is not None:
            begun[-1] = run = self._current(run, decided, n, end_n)
            start_n = run.end_n
        place = begun[-1].place if begun else -1
        left_out = {
            slot: why
            for slot, why in day.left_out.items()
            if slot not in decided.skipped and self._place_of(slot) <= place
        }
        left_out |= dict.fromkeys(decided.skipped, "skipped")
        draft = Draft(
            begun, self.resolved.end_n, self.resolved.programme.fps, self._standby, left_out
        )
        items = self._coming(begun[-1] if begun else None, decided)
        if insert is not None:
            items = [insert, *self._behind(insert, decided)]
        if join is not None:
            items.insert(0, replace(self._item(place, decided), hold=None))
        if items and items[0].slot.id in (join, keep):  # R4: a late start keeps the length
            frames = items[0].frames
            items[0] = replace(items[0], shortest=frames, longest=frames)
        if cause is not None and items:
            items[0] = replace(items[0], cause=cause)
        project(draft, items, start_n)
        return replace(epoch, day=draft.finish(i), decided=decided)

    def items_after(self, epoch: Epoch, n: int) -> list[Item]:
        """What is still to come at frame `n`, with what has been decided about it."""
        i = epoch.day.index_at(n)
        return self._coming(epoch.day.runs[i] if i >= 0 else None, epoch.decided)

    def seen_at(self, epoch: Epoch, n: int) -> Day:
        """The line-up as it looks at frame `n`: a slot that is over ends now, the rest follows."""
        run = epoch.day.on_air(n)
        if run is None or n < run.end_n:
            return epoch.day
        return self._replanned(epoch, n, epoch.decided).day

    def _current(self, run: LiveSlot, decided: Decided, n: int, end_n: int | None) -> LiveSlot:
        is_staying = run.id in decided.staying
        own_end_n = run.own_end_n if end_n is None else end_n
        asks = run.plan.end == "ask" and run.id not in decided.ends
        is_open = is_staying or (asks and end_n != n)
        return replace(
            run,
            own_end_n=own_end_n,
            end_n=max(own_end_n, n),
            is_staying=is_staying,
            is_open=is_open,
        )

    def _coming(self, last: LiveSlot | None, decided: Decided) -> list[Item]:
        """What follows `last`: the slot it interrupted, if it did, and then those after it."""
        if last is None:
            return self._items(-1, decided)
        rest = [self._rest(last.place, last.back, decided)] if last.back is not None else []
        return [*rest, *self._items(last.place, decided)]

    def _behind(self, insert: Item, decided: Decided) -> list[Item]:
        rest = [self._rest(insert.place, insert.back, decided)] if insert.back is not None else []
        return [*rest, *self._items(insert.place, decided)]

    def _rest(self, place: int, back: Back, decided: Decided) -> Item:
        item = self._item(place, decided)
        return replace(
            item,
            frames=back.frames,
            shortest=back.shortest,
            longest=back.longest,
            hold=None,
            played=back.played,
        )

    def _items(self, place: int, decided: Decided) -> list[Item]:
        return [
            self._item(i, decided)
            for i in range(place + 1, len(self.resolved.slots))
            if self.resolved.slots[i].id not in decided.skipped
        ]

    def _item(self, place: int, decided: Decided) -> Item:
        slot = self.resolved.slots[place]
        frames = decided.frames.get(slot.id, slot.frames)
        return Item(
            slot,
            place,
            frames,
            min(frames, max(slot.plan.shortest, 0)),
            max(frames, slot.plan.longest),
            is_decided=slot.id in decided.ends,
            is_staying=slot.id in decided.staying,
            hold=decided.holds.get(slot.id),
        )

    def _place_of(self, slot: str) -> int:
        return next((i for i, s in enumerate(self.resolved.slots) if s.id == slot), -1)


def cause_of(order: Order, rule: str) -> Cause:
    return Cause(order.cause, rule, order.author, order.seq)


def of_day(decided: Decided, day: Resolved) -> Decided:
    """What has been decided about slots that are in `day`, by the names they have there."""
    names = {slot.id: slot.id for slot in day.slots}
    names |= {slot.plan.was: slot.id for slot in day.slots if slot.plan.was}

    def kept(ids: frozenset[str]) -> frozenset[str]:
        return frozenset(names[id_] for id_ in ids if id_ in names)

    return replace(
        decided,
        skipped=kept(decided.skipped),
        ends=kept(decided.ends),
        staying=kept(decided.staying),
        ready=kept(decided.ready),
        frames={names[id_]: frames for id_, frames in decided.frames.items() if id_ in names},
        holds={names[id_]: hold for id_, hold in decided.holds.items() if id_ in names},
        stand_ins={names[id_]: one for id_, one in decided.stand_ins.items() if id_ in names},
    )


def _switched(names: frozenset[str], order: Order, key: str, *, on: Any) -> frozenset[str]:
    name = str(order.args.get(key) or "")
    if on:
        return names | {name}
    return names - {name} if name else frozenset()


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
        holds[slot] = replace(hold, until_n=n)
    return replace(decided, holds=holds)


def _without(holds: Mapping[str, Hold], slot: str) -> dict[str, Hold]:
    return {name: hold for name, hold in holds.items() if name != slot}
