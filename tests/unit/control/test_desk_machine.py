"""Any sequence of commands, restarts and kills at a desk with a fast clock and a real journal file.

After every step: what is on air is never nothing; nobody's override is lost; what a new process
reads from the journal is exactly what this one shows; orders hold what the journal holds; and the
as-run, written as the programme writes it, covers every frame with exactly one slot.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)
from smallevent import GRID, Place

from orchestrator.bus.lines import read_lines
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.chain import Entry, decisions_in_force
from orchestrator.control.derive import orders_in_force
from orchestrator.control.deskstate import DeskState
from orchestrator.control.gallery import Gallery
from orchestrator.control.journal import read_journal
from orchestrator.control.words import WORDS
from orchestrator.programme.asrun import AsRun
from orchestrator.rundown.show import Show
from orchestrator.timing import ManualClock

EVENT = """\
version: 1
event: {id: any, title: Any, timezone: Europe/Paris, start: 2026-10-24 12:00, duration: 60m,
        audience: open}
programme: {size: 320x180, fps: 30}
people: {ada: {name: Ada Rao, role: Surgeon, site: london}}
sites:
  london:
    {title: Thamesside, city: London, timezone: Europe/London,
     feeds: {headset: {srt: "srt://127.0.0.1:9001"}, room: {srt: "srt://127.0.0.1:9002"}}}
  studio:
    {title: Round table, city: Paris, timezone: Europe/Paris,
     feeds: {main: {srt: "srt://127.0.0.1:9003"}}}
outputs: {hls: {ladder: [180p], window: 20s}, push: {tube: {url: "rtmp://a.example/live/x"}}}
kinds: {panel: {graphics: []}, surgery: {graphics: []}}
standby:
  - {id: film, title: A film, kind: panel, site: studio, duration: 2m, flex: none}
rundown:
  - {id: opening, title: Welcome, kind: panel, site: studio, start: event, duration: 5m, flex: none}
  - {id: case, title: A case, kind: surgery, site: london, duration: 10m, end: ask, consent: C-1,
     flex: {shrink: 5m, grow: 5m}, standby: film, not_ready: {wait: 1m, then: standby}}
  - {id: talk, title: A talk, kind: panel, site: studio, duration: 10m, drop: allowed,
     flex: {shrink: 5m, grow: 5m}}
  - {id: minister, title: The minister, kind: panel, site: studio, start: "12:30", duration: 10m,
     flex: none}
  - {id: second, title: Another case, kind: surgery, site: london, duration: 10m, end: ask,
     consent: C-1, flex: {shrink: 5m, grow: 5m}}
  - {id: closing, title: Goodbye, kind: panel, site: studio, duration: 5m,
     flex: {shrink: 2m, grow: 30m}}
"""

FEEDS = ("london.headset", "london.room", "studio.main")
SLOTS = ("opening", "case", "talk", "minister", "second", "closing")
PEOPLE = ("tom", "anna")

feed, slot, who = st.sampled_from(FEEDS), st.sampled_from(SLOTS), st.sampled_from(PEOPLE)
on = st.booleans()

WISHES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "preview": st.fixed_dictionaries({"source": feed}),
    "take": st.fixed_dictionaries({"source": feed, "until": st.sampled_from(["slot", "released"])})
    | st.just({}),
    "release": st.just({}),
    "safe": st.just({}),
    "quarantine": st.fixed_dictionaries({"feed": feed, "on": on}),
    "latch": st.fixed_dictionaries({"feed": feed, "on": on}),
    "next": st.just({}),
    "stay": st.fixed_dictionaries({"on": on}) | st.fixed_dictionaries({"on": on, "slot": slot}),
    "extend": st.fixed_dictionaries({"by": st.sampled_from(["30s", "2m", "10m"])}),
    "shorten": st.fixed_dictionaries({"by": st.sampled_from(["30s", "2m", "5m"])}),
    "end": st.just({}) | st.fixed_dictionaries({"slot": slot}),
    "skip": st.fixed_dictionaries({"slot": slot, "on": on}),
    "insert": st.fixed_dictionaries({"item": st.just("film"), "resume": on}),
    "ready": st.fixed_dictionaries({"slot": slot, "join": on}),
    "not-ready": st.fixed_dictionaries(
        {"slot": slot, "then": st.sampled_from(["standby", "skip", "start", "ask"])},
        optional={"wait": st.sampled_from(["0s", "30s", "2m"])},
    ),
    "gain": st.fixed_dictionaries({"feed": feed, "gain": st.sampled_from(["3 dB", "-6 dB"])}),
    "fader": st.fixed_dictionaries({"place": st.just("main"), "gain": st.just("-3 dB")}),
    "mute": st.fixed_dictionaries({"place": st.just("main"), "on": on}),
    "graphic": st.fixed_dictionaries({"use": st.just("lower-third"), "who": st.just("ada")}),
    "graphic-preview": st.fixed_dictionaries({"use": st.just("lower-third"), "who": st.just("ada")})
    | st.fixed_dictionaries({"on": on}),
    "graphics-out": st.just({}),
    "graphics-again": st.just({}),
    "person": st.fixed_dictionaries({"id": st.just("ada"), "name": st.just("Dr Ada Rao")}),
    "output": st.fixed_dictionaries({"output": st.just("tube"), "on": on}),
    "undo": st.just({}),
    "lock": st.fixed_dictionaries({"area": st.sampled_from(["picture", "sound", "graphics"])}),
    "unlock": st.fixed_dictionaries({"area": st.sampled_from(["picture", "sound", "graphics"])}),
    "note": st.fixed_dictionaries({"text": st.just("said")}),
    "handover": st.fixed_dictionaries({"to": who}),
    "accept": st.just({"ticks": []}),
    "refuse": st.just({}),
}

wishes = st.sampled_from(sorted(WISHES)).flatmap(
    lambda verb: st.tuples(st.just(verb), WISHES[verb])
)


class Overrides:
    """What people have said and must hold, folded anew from the acts that were accepted."""

    def __init__(self, acts: list[tuple[int, str, dict[str, Any]]]) -> None:
        undone = {args["seq"] for _, verb, args in acts if verb == "undo"}
        self.trims: dict[str, float] = {}
        self.out: set[str] = set()
        self.off: dict[str, bool] = {}
        self.name = "Ada Rao"
        self.released = True
        self.taken: dict[str, str] | None = None
        for seq, verb, args in acts:
            if seq in undone:
                continue
            match verb:
                case "gain":
                    self.trims[args["feed"]] = args["trim_db"]
                case "quarantine":
                    (self.out.add if args["on"] else self.out.discard)(args["feed"])
                case "output":
                    self.off[args["output"]] = not args["on"]
                case "person":
                    self.name = args["name"]


class AnyDesk(RuleBasedStateMachine):
    @initialize()
    def open_the_desk(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="anydesk-"))
        event = self.folder / "event.yaml"
        event.write_text(EVENT)
        live, state = LiveTree(self.folder / "live"), StateFolder(self.folder / "state")
        live.make()
        state.root.mkdir()
        self.clock = ManualClock(GRID.instant_ns(GRID.frame_at(1_792_836_000 * 10**9)))
        self.place = Place(live, state, event, self.clock)
        self.place.prepare()
        self.runner = asyncio.Runner()
        self.gallery = Gallery(live, state, self.clock)
        self.day = self.gallery.show.resolved
        self.n = self.day.start_n
        self.place.at(self.n)
        self.asrun = AsRun(live.asrun, GRID)
        self.killed: list[Gallery] = []
        self.acts: list[tuple[int, str, dict[str, Any]]] = []
        self.seen: list[tuple[int, str]] = []
        self.watch_until(self.n + 1)

    @rule(said=st.lists(st.tuples(wishes, who), min_size=1, max_size=5))
    def people_wish(self, said: list[tuple[tuple[str, dict[str, Any]], str]]) -> None:
        """One after the other, a second between them."""
        for (verb, args), author in said:
            self.somebody_wishes(verb, args, author)
            self.watch_until(self.n + 31)

    def somebody_wishes(self, verb: str, args: dict[str, Any], author: str) -> None:
        before = len(self.gallery.journal.entries)
        answer = self.ask(verb, author, args)
        entries = self.gallery.journal.entries
        if answer["ok"]:
            assert len(entries) == before + 1
            entry = entries[-1]
            assert (entry.seq, entry.author, entry.n) == (answer["seq"], author, answer["n"])
            self.acts.append((entry.seq, entry.verb, dict(entry.args)))
        else:
            assert len(entries) == before
            assert answer["code"]
            assert answer["why"]

    @rule(wish=wishes, author=who)
    def somebody_only_asks_what_would_happen(
        self, wish: tuple[str, dict[str, Any]], author: str
    ) -> None:
        before = len(self.gallery.journal.entries)
        self.ask(wish[0], author, wish[1], dry=True)
        assert len(self.gallery.journal.entries) == before

    @rule(seconds=st.sampled_from([1, 2, 7, 30, 120, 300]))
    def time_goes_by(self, seconds: int) -> None:
        self.watch_until(self.n + seconds * 30)
        self.runner.run(self.gallery.tick())

    @rule()
    def control_is_stopped_and_started(self) -> None:
        self.runner.run(self.gallery.close())
        self.gallery = Gallery(self.place.live, self.place.state, self.clock)

    @rule()
    def control_is_killed(self) -> None:
        """Nothing is closed: what the next one finds is what was on the disk."""
        self.leave()

    @rule()
    def control_is_killed_between_journal_and_orders(self) -> None:
        orders = self.place.live.orders
        lines = orders.read_bytes().splitlines(keepends=True)
        entries = self.gallery.journal.entries
        given = orders_in_force(entries[-1:])
        if given and lines:
            orders.write_bytes(b"".join(lines[:-1]))
        self.leave()

    @rule()
    def control_is_killed_in_the_middle_of_a_journal_line(self) -> None:
        """A torn line was never a decision."""
        with self.place.state.journal.open("ab") as journal:
            journal.write(b'{"seq":99,"verb":"take","au')
        self.leave()

    # what must hold

    @invariant()
    def something_is_always_seen(self) -> None:
        show = self.gallery.show
        dead = frozenset(random.Random(self.n).sample(FEEDS, 2))
        for n in (self.n, self.n + 90, self.n + 9000):
            for gone in (frozenset[str](), dead, frozenset(FEEDS)):
                assert show.at(n, gone).scene.layers

    @invariant()
    def no_override_is_lost(self) -> None:
        said = Overrides(self.acts)
        n = self.n + 100
        decided = self.gallery.show.decided(n)
        assert decided.feeds_out == said.out
        for name, trim_db in said.trims.items():
            assert self.gallery.show.trim_db(name, n) == trim_db
        for name, is_off in said.off.items():
            assert self.gallery.state.outputs[name].on is not is_off

    @invariant()
    def a_new_process_reads_what_this_one_shows(self) -> None:
        entries = self.read()
        live = self.gallery
        assert DeskState.of(decisions_in_force(entries)) == live.state
        again = Show(self.day, orders_in_force(entries))
        for n in (self.n, self.n + 4, self.n + 3000):
            assert again.at(n) == live.show.at(n)
            assert again.line_up(n) == live.show.line_up(n)
            assert again.decided(n) == live.show.decided(n)

    @invariant()
    def orders_hold_what_the_journal_holds(self) -> None:
        entries = self.read()
        assert [entry.seq for entry in entries if entry.verb != "mended"] == [
            entry.seq for entry in self.gallery.journal.entries if entry.verb != "mended"
        ]
        written = [record["seq"] for record in read_lines(self.place.live.orders)]
        assert sorted(written) == [order.seq for order in orders_in_force(entries)]
        assert len(set(written)) == len(written)

    def teardown(self) -> None:
        if not hasattr(self, "asrun"):
            return
        self.asrun.close()
        self.the_as_run_is_contiguous()
        for gallery in (*self.killed, self.gallery):
            self.runner.run(gallery.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    def the_as_run_is_contiguous(self) -> None:
        """Each slot's line begins where the one before ended, and is what the journal says."""
        records = read_lines(self.place.live.asrun)
        slots = [record for record in records if record["event"] == "slot"]
        frames = [record["n"] for record in slots]
        assert frames == sorted(set(frames))
        for before, after in pairwise(slots):
            assert before["slot"] != after["slot"]
        final = Show(self.day, orders_in_force(self.read()))
        for n, slot_id in self.seen:
            assert final.at(n).scene.slot == slot_id

    # its hands

    def ask(self, verb: str, author: str, args: dict[str, Any], **more: Any) -> dict[str, Any]:
        assert verb in WORDS
        request = {"verb": verb, "author": author, "reason": "why not", "args": args} | more
        return self.runner.run(self.gallery.ask(request))

    def watch_until(self, n: int) -> None:
        """The programme shows these frames, and writes down what it shows."""
        for look in self.gallery.show.looks(self.n, n):
            self.asrun.look(look)
            self.seen.append((look.n, look.scene.slot))
        self.n = n
        self.place.at(n)

    def leave(self) -> None:
        self.killed.append(self.gallery)  # its descriptors are closed at the very end
        self.gallery = Gallery(self.place.live, self.place.state, self.clock)

    def read(self) -> tuple[Entry, ...]:
        return read_journal(self.place.state.journal).entries


AnyDesk.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestAnyDesk: Callable[..., Any] = AnyDesk.TestCase
