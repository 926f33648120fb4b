"""The gallery: the show as control knows it, and the only hand that writes journal and orders.

One loop, and threads that only wait for disks. Order of things for every wish: the desk accepts
it, the journal has it on the disk, `orders.jsonl` has its line, the readers are knocked at, the
answer goes out. Killed anywhere in between, a command is either wholly in the journal, and its
order is written at the next start, or it never was.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control import faults
from orchestrator.control.carry import AsRunCarrier, SafetyMerger
from orchestrator.control.chain import Entry, decisions_in_force
from orchestrator.control.derive import missing_orders, order_of, orders_in_force
from orchestrator.control.desk import LEAD_FRAMES, Decision, check_role, decide
from orchestrator.control.deskstate import DeskState
from orchestrator.control.dispatch import Dispatch
from orchestrator.control.editions import Editions, versions_in_force
from orchestrator.control.floor import Floor, Offer
from orchestrator.control.journals import open_ledger
from orchestrator.control.latejoin import DEFAULTS_AHEAD_S
from orchestrator.control.presence import Presence
from orchestrator.control.presses import Press, Presses, answer_of, told_again
from orchestrator.control.reload import offer_view
from orchestrator.control.roles import Role
from orchestrator.control.safetydesk import SafetyDesk
from orchestrator.control.seat import role_of
from orchestrator.control.slowdisk import SlowDisk
from orchestrator.control.stale import Stale
from orchestrator.control.wish import Wish
from orchestrator.control.words import WORDS, Word
from orchestrator.errors import CommandRejected
from orchestrator.rundown.inuse import feeds_that_wait, with_feeds
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show
from orchestrator.timing import Clock, Grid

log = logging.getLogger(__name__)

_WAITING = 32
"""So many wishes may wait for the one that is being journalled; one more is turned away."""


class Gallery:
    """`ask` answers a wish; `tick` is to be called about once a second."""

    def __init__(self, live: LiveTree, state: StateFolder, clock: Clock) -> None:
        """Reads everything, and writes the orders that a killed predecessor still owed.
        Raises OSError, or ValueError for a snapshot that is none."""
        self._clock = clock
        day = Resolved.from_json(live.snapshot.read_bytes())
        self.grid = Grid.standard(day.programme.fps)
        self.journal = open_ledger(state, day.id, clock)
        self._dispatch = Dispatch(live)
        self._carrier = AsRunCarrier(live.asrun, state.asrun)
        self._merger = SafetyMerger(live.decisions, self.journal, self.grid)
        self._editions = Editions(live, state)
        self._day = day
        self.counts: Counter[str] = Counter()
        self._disk = SlowDisk()
        self._defaulted: set[tuple[str, str]] = set()
        self._is_disk_lost = False
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._asked: set[asyncio.Future[dict[str, Any]]] = set()
        """Held, for a loop holds its tasks weakly and whoever asked may go away."""
        self.loudness_lufs: dict[str, float] = {}
        self.open_items: dict[str, str] = {}
        self.incidents: frozenset[str] = frozenset()
        self.offer: Offer | None = None
        self.presence = Presence()
        self.listeners: list[Callable[[Entry], None]] = []
        """Told of every entry that comes into force, on this loop; they do not raise."""
        self.tellers: list[Callable[[str, str], None]] = []
        """Tell somebody a sentence that is in no entry: whom, what; on this loop, they do not
        raise."""
        self._safety = SafetyDesk(live, clock)
        self._presses = Presses()
        self.state = DeskState()
        self._begin_anew()
        for damage in self.journal.damages:
            log.error("the journal was damaged: %s", damage.text())

    def _begin_anew(self) -> None:
        """Everything from the journal; orders that a killed predecessor still owed are given.

        Without a journal that can be read, what has been ordered already is what is in force."""
        entries = self.journal.entries
        orders = orders_in_force(entries)
        if self.journal.trouble:
            known = {order.seq for order in orders}
            orders += [one for one in self._dispatch.given_before if one.seq not in known]
        chain = self._editions.chain(versions_in_force(entries)) or [self._day]
        truth = self._day.is_rehearsal
        first, *later = [replace(edition, is_rehearsal=truth) for edition in chain]
        self.show = Show(first, orders, later)
        in_force = decisions_in_force(entries)
        self.state = DeskState.of(in_force)
        self._presses = Presses()
        for entry in in_force:
            self._presses.note(entry)
        if self.journal.trouble:
            return
        for edition in later:
            self._editions.give(edition)
        for order in missing_orders(entries, self._dispatch.known):
            log.warning("order %d had been journalled and not given: giving it now", order.seq)
            self._dispatch.give(order)
        self._tell_of_day()

    def _tell_of_day(self) -> None:
        """The snapshot is the version in force, but for feeds that are another one in it and are
        on air or armed: they go on as they are until they are neither."""
        day = self.show.resolved
        waiting = feeds_that_wait(self._day, self.show, self.now_n + LEAD_FRAMES)
        wanted = with_feeds(day, waiting) if waiting else day
        if (wanted.version, wanted.feeds()) == (self._day.version, self._day.feeds()):
            return
        self._editions.show(wanted)
        self._day = wanted
        if waiting:
            log.info("feeds that change when they are off air: %s", ", ".join(sorted(waiting)))

    @property
    def now_n(self) -> int:
        return self.grid.frame_at(self._clock.now_ns())

    async def ask(
        self,
        request: Any,
        *,
        role: Role = Role.ADMIN,
        site: str = "",
        is_known: bool = True,
        press: Press | None = None,
    ) -> dict[str, Any]:
        """The answer to a wish: done, or refused with a code and a sentence. Never raises. Who
        asks, and as what, is the caller's to know: nothing in `request` can change it. One wish
        at a time; a caller that goes away does not stop what it has begun. With a `press` the
        journal knows it again (`told_before`)."""
        asked = asyncio.ensure_future(self._ask(request, role, site, is_known, press))
        self._asked.add(asked)
        asked.add_done_callback(self._asked.discard)
        return await asyncio.shield(asked)

    def told_before(self, press: Press) -> dict[str, Any] | None:
        """What was answered to this press, if the journal has it. Raises CommandRejected for a
        key that was used for another wish."""
        entry = self._presses.of(press)
        if entry is None:
            return None
        return told_again(entry, self.journal.entries, self._editions, self._day, self.grid)

    async def _ask(
        self, request: Any, role: Role, site: str, is_known: bool, press: Press | None
    ) -> dict[str, Any]:
        try:
            wish = Wish.read(request, role=role, site=site, is_known=is_known)
        except CommandRejected as error:
            return self._refused(error)
        try:
            word = WORDS.get(wish.verb)
            if word is not None and word.is_safety:
                return await self._act_at_gate(wish, word)
            if wish.dry:
                return self._answer(decide(wish, self.show, self.now_n, self.floor()), None)
            if self._waiting >= _WAITING:
                raise CommandRejected("busy", "too many wait for the journal; try again")
            self._waiting += 1
            try:
                async with self._turn:
                    decision = decide(wish, self.show, self.now_n, self.floor())
                    entry = await self._record(wish, decision, press)
            finally:
                self._waiting -= 1
        except CommandRejected as error:
            if isinstance(error, Stale) and error.whom != wish.author:
                self.tell(error.whom, error.told)
            return self._refused(error)
        self.counts["accepted"] += 1
        log.info("%s by %s: %s", decision.verb, wish.author, decision.text)
        return self._answer(decision, entry)

    def _refused(self, error: CommandRejected) -> dict[str, Any]:
        self.counts["refused"] += 1
        log.info("refused (%s): %s", error.code, error)
        return {"ok": False, "code": error.code, "why": str(error)}

    def tell(self, whom: str, text: str) -> None:
        """On every screen that this person has open."""
        for teller in self.tellers:
            teller(whom, text)

    async def _act_at_gate(self, wish: Wish, word: Word) -> dict[str, Any]:
        """The gate first; the journal hears of it from the gate (D1)."""
        check_role(wish, word)
        answer = await self._safety.act(wish, self.show)
        self.counts["accepted"] += 1
        return answer

    def floor(self) -> Floor:
        """What the desk may look at, as of now."""
        n = self.now_n + LEAD_FRAMES
        return Floor(
            self.show,
            n,
            self.state,
            self.loudness_lufs,
            self.open_items,
            self.incidents,
            self.offer,
            self._editions.file_day,
            max(versions_in_force(self.journal.entries), default=0) + 1,
        )

    @property
    def new_day(self) -> dict[str, Any]:
        """The changed file, as screens show it; empty if it says what is in force."""
        return offer_view(self.offer, self.show, self.now_n + LEAD_FRAMES)

    def role_of(self, author: str, role: Role) -> Role:
        """What somebody may do just now: who has handed the desk over may soon only look."""
        return role_of(author, role, self.state.seat, self.now_n, self.grid.fps)

    def seen(self, author: str, looks_at: str = "") -> None:
        """Somebody's screen is there; to be called about once a second."""
        self.presence.note(author, looks_at, self._clock.now_ns())

    async def tick(self) -> None:
        """Defaults, the gate's acts, the as-run. A disk that refuses is said once, once back. It
        takes as long as that disk does; one tick at a time."""
        async with self._turn:
            refused = await self._tick()
        refused = await self._carry() or refused
        if refused is not None:
            self.counts["disk_errors"] += 1
            if not self._is_disk_lost:
                log.error("the record of the show cannot be written: %s", refused.strerror)
        elif self._is_disk_lost:
            log.info("the record of the show can be written again")
        self._is_disk_lost = refused is not None

    async def _tick(self) -> OSError | None:
        self._dispatch.pay()
        was_down = bool(self.journal.trouble)
        new = await self.journal.catch_up()
        in_force = decisions_in_force(new)
        for entry in new:
            if entry in in_force:
                self._obey(entry, await self._editions.brought_by(entry, self.journal))
            else:  # nobody was told that it was done, so it is not done late either
                self._tell(entry)
        if was_down and not self.journal.trouble:
            self._begin_anew()
        try:
            if not self.journal.trouble:
                with self._disk.waiting("a journal entry"):
                    for entry in await self._merger.merge():
                        log.warning("%s by %s, merged from the gate", entry.verb, entry.author)
                        self._obey(entry)
                    await self._decide_for_nobody()
            self._tell_of_day()
        except OSError as error:
            return error
        return None

    async def _carry(self) -> OSError | None:
        """The as-run to the state folder, on a thread: it is on the disk line by line."""
        try:
            with self._disk.waiting("the as-run"):
                await asyncio.to_thread(self._carrier.carry)
        except OSError as error:
            return error
        return None

    @property
    def last_seq(self) -> int:
        """Number of the newest journal entry; 0 if there is none."""
        entries = self.journal.entries
        return entries[-1].seq if entries else 0

    def entries_after(self, seq: int, most: int) -> tuple[Entry, ...]:
        """The newest journal entries after this one, at most so many, oldest first."""
        return tuple(entry for entry in self.journal.entries[-most:] if entry.seq > seq)

    def facts(self) -> dict[str, object]:
        return {
            "journal_entries": len(self.journal.entries),
            "journal_damages": len(self.journal.damages),
            "journal_trouble": self.journal.trouble,
            "journal_down": bool(self.journal.trouble),
            **self._dispatch.facts(),
            "rundown_version": self.show.resolved.version,
            "new_day": self.new_day,
            "as_run_damaged": self._carrier.damaged,
            **{name: self.counts[name] for name in ("accepted", "refused", "defaults")},
            "disk_errors": self.counts["disk_errors"],
            **self._disk.facts(),
        }

    async def close(self) -> None:
        try:
            self._carrier.carry()
        except OSError as error:
            log.error("the rest of the as-run stays in the live tree: %s", error.strerror)
        self._carrier.close()
        self._merger.close()
        await self.journal.shut()
        self._dispatch.close()

    async def _record(self, wish: Wish, decision: Decision, press: Press | None) -> Entry:
        faults.reached("decided")
        try:
            if decision.edition is not None and decision.file is not None:
                edition, file = decision.edition, decision.file
                with self._disk.waiting("a version of the rundown"):
                    await asyncio.to_thread(self._editions.keep, edition, file, None)
                    files = await asyncio.to_thread(self._editions.files, edition.version)
                    await self.journal.shelve(edition.version, files)
                self._editions.give(edition)
            with self._disk.waiting("a journal entry"):
                entry = await self.journal.write(
                    decision.verb,
                    n=decision.n,
                    author=wish.author,
                    reason=wish.reason,
                    args=decision.args,
                    press=None if press is None else press.record(decision.text),
                )
        except OSError as error:
            self.counts["disk_errors"] += 1
            raise CommandRejected(
                "journal", f"{error.strerror}; nothing was done. BLANK and PRIVACY work in any case"
            ) from error
        faults.reached("journalled")
        self._obey(entry, decision.edition)
        if decision.edition is not None:
            self._tell_of_day()
            self.offer = None
        faults.reached("ordered")
        return entry

    def _obey(self, entry: Entry, edition: Resolved | None = None) -> None:
        self.state = self.state.after(entry)
        self._presses.note(entry)
        order = order_of(entry)
        if order is not None:
            self._dispatch.give(order)
            self.show = self.show.after(order, editions=() if edition is None else (edition,))
        self._tell(entry)

    def _tell(self, entry: Entry) -> None:
        for listener in self.listeners:
            listener(entry)

    async def _decide_for_nobody(self) -> None:
        n = self.now_n + LEAD_FRAMES  # what has been decided just now holds by then
        for default in self.show.undecided(n, DEFAULTS_AHEAD_S * self.grid.fps):
            key = (default.verb.value, str(default.args.get("slot", "")))
            if key in self._defaulted:
                continue  # journalled already; saying it twice would not change the show
            entry = await self.journal.write(
                default.verb.value,
                n=max(default.n, n),
                author="nobody",
                cause="default",
                reason=default.reason,
                args=default.args,
            )
            self._defaulted.add(key)
            self.counts["defaults"] += 1
            log.info("%s %s by default: %s", entry.verb, key[1], entry.reason)
            self._obey(entry)

    def _answer(self, decision: Decision, entry: Entry | None) -> dict[str, Any]:
        answer = answer_of(decision, entry, self.show.resolved, self.state, self.grid)
        if self._dispatch.is_owing:
            answer["text"] += "; it waits until there is room to tell the programme"
        return answer
