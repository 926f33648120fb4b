"""The rest of the day, laid out anew behind what has begun whenever something is decided.

Pure; one for each edition of the day.
"""

from __future__ import annotations

from dataclasses import replace

from orchestrator.rundown.decided import Decided, Epoch
from orchestrator.rundown.lineup import Back, Day, Item, LiveSlot
from orchestrator.rundown.projection import Draft, project
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import Cause


class RestOfDay:
    """What is still to come in one resolved day. Holds no state of its own; one thread (it
    remembers the day of a slot that is over, which is asked for many times at one frame)."""

    def __init__(self, resolved: Resolved) -> None:
        self._resolved = resolved
        self._standby = {plan.id: plan for plan in resolved.standby}
        self._seen: tuple[Epoch, int, Day] | None = None

    def anew(
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
        start_n = max(n, self._resolved.start_n)
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
            begun, self._resolved.end_n, self._resolved.programme.fps, self._standby, left_out
        )
        items = self.coming(begun[-1] if begun else None, decided)
        if insert is not None:
            items = [insert, *self._behind(insert, decided)]
        if join is not None:
            items.insert(0, replace(self.item(place, decided), hold=None))
        if items and items[0].slot.id in (join, keep):  # R4: a late start keeps the length
            frames = items[0].frames
            items[0] = replace(items[0], shortest=frames, longest=frames)
        if cause is not None and items:
            items[0] = replace(items[0], cause=cause)
        project(draft, items, start_n)
        if draft.holds:
            decided = replace(decided, holds={**decided.holds, **draft.holds})
        return replace(epoch, day=draft.finish(i), decided=decided)

    def items_after(self, epoch: Epoch, n: int) -> list[Item]:
        """What is still to come at frame `n`, with what has been decided about it."""
        i = epoch.day.index_at(n)
        return self.coming(epoch.day.runs[i] if i >= 0 else None, epoch.decided)

    def seen_at(self, epoch: Epoch, n: int) -> Day:
        """The line-up as it looks at frame `n`: a slot that is over ends now, the rest follows."""
        run = epoch.day.on_air(n)
        if run is None or n < run.end_n:
            return epoch.day
        seen = self._seen
        if seen is None or seen[0] is not epoch or seen[1] != n:
            seen = self._seen = (epoch, n, self.anew(epoch, n, epoch.decided).day)
        return seen[2]

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

    def coming(self, last: LiveSlot | None, decided: Decided) -> list[Item]:
        """What follows `last`: the slot it interrupted, if it did, and then those after it."""
        if last is None:
            return self._items(-1, decided)
        rest = [self._rest(last.place, last.back, decided)] if last.back is not None else []
        return [*rest, *self._items(last.place, decided)]

    def _behind(self, insert: Item, decided: Decided) -> list[Item]:
        rest = [self._rest(insert.place, insert.back, decided)] if insert.back is not None else []
        return [*rest, *self._items(insert.place, decided)]

    def _rest(self, place: int, back: Back, decided: Decided) -> Item:
        item = self.item(place, decided)
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
            self.item(i, decided)
            for i in range(place + 1, len(self._resolved.slots))
            if self._resolved.slots[i].id not in decided.skipped
        ]

    def item(self, place: int, decided: Decided) -> Item:
        slot = self._resolved.slots[place]
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
        return next((i for i, s in enumerate(self._resolved.slots) if s.id == slot), -1)
