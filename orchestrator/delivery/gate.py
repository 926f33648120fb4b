"""The gate process: the only way from spool to public (`python -m orchestrator.delivery.gate`).

One thread, no libav, no HTTP. `Rule` decides; what it decided is first a line in `decisions`, then
hard links, then a knock. It sleeps until a column is due and looks every 4 ms from there until its
parts are there. Safety acts come over its own socket, which is also how it sleeps, so they hold
within milliseconds and with everything else dead.
"""

from __future__ import annotations

import argparse
import hmac
import logging
import sys
import threading
from collections import Counter, deque
from math import ceil
from pathlib import Path
from typing import Any

from orchestrator.bus import faultpoint
from orchestrator.bus.child import FactSheet, begin, log_unhandled
from orchestrator.bus.decisions import REAL, Column, SafetyAct, hls_folder
from orchestrator.bus.knock import Knocker
from orchestrator.bus.lines import LineWriter
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.eraser import Eraser
from orchestrator.delivery.history import recent, recover
from orchestrator.delivery.publictree import PublicTree, read_slate
from orchestrator.delivery.rule import Cadence, Rule
from orchestrator.delivery.safety import Span, redaction, request_of, text_of
from orchestrator.delivery.safetysocket import SafetySocket
from orchestrator.delivery.spool import Spool, sweep
from orchestrator.delivery.stream import Stream
from orchestrator.errors import CommandRejected, OrchestratorError
from orchestrator.timing.clock import Clock, PageClock
from orchestrator.timing.grid import NS

log = logging.getLogger(__name__)

_LOOK_S = 0.004
_IDLE_S = 0.25
_FULL_S = 0.05
_LEAST_SEGMENTS = 6
"""The window is not cut shorter than this (a playlist's minimum) to make room."""
_ERASE_S = 0.01
_SWEEP_COLUMNS = 16
"""So many columns between two sweeps; also how long a part stays in the spool once decided."""


class Gate:
    """`step` does what is due; `answer` is a safety act. Both on the one thread."""

    def __init__(self, tree: LiveTree, clock: Clock) -> None:
        self._tree = tree
        self._clock = clock
        self._stream = Stream.read(tree.processes)
        self._grid = self._stream.grid
        slate = read_slate(tree, self._stream)
        folders = (*self._stream.audiences, hls_folder(self._stream.public_audience))
        self._trees = {folder: PublicTree(tree, self._stream, folder, slate) for folder in folders}
        self._spool = Spool(tree, self._stream)
        self._eraser = Eraser(self._spool, tuple(self._trees.values()))
        self._decisions = LineWriter(tree.decisions)
        self._knocker = Knocker(tree.root / "knock" / "decisions")
        self._facts = FactSheet(tree.facts("gate"), "gate")
        self._late_ms: deque[float] = deque(maxlen=512)
        self._slate_parts: Counter[str] = Counter(dict.fromkeys(self._stream.gated_tracks, 0))
        self._on_slate: set[str] = set()
        self._slate_why = ""
        self._left_out: list[str] = []
        self._began_ns = clock.now_ns()
        self._to_record: deque[dict[str, Any]] = deque()
        self._to_link: deque[Column] = deque()
        self._window_parts = self._stream.window_parts
        self._is_full = False
        self._full_errors = 0
        self._swept_k = 0
        self.rule = self._resume()
        self._sweep()

    def _resume(self) -> Rule:
        columns, acts = recover(self._tree.decisions)
        rule = Rule.resume(
            Cadence(self._grid, self._stream.delay_ns),
            self._stream.gated_tracks,
            self._stream.audiences,
            columns,
            acts,
            now_ns=self._began_ns,
            window_parts=self._stream.window_parts,
            hls_audience=self._stream.public_audience,
        )
        spans: list[Span] = []
        for act in acts:
            if act.redacted and act.redacted[1] > rule.next_k - self._stream.window_parts:
                self._redact(act, spans)
                spans.append(act.redacted)
        newest = {column.audience: column for column in columns}
        for column in newest.values():
            if not any(first <= column.k <= last for first, last in spans):
                self._to_link.append(column)
        log.info("the gate goes on at part %d", rule.next_k)
        return rule

    def step(self) -> float:
        """Publish the next column if it is time; how long there is nothing to do, in seconds."""
        now_ns = self._clock.now_ns()
        self._facts.beat()
        if self._facts.due():
            self._facts.write(self.facts(), now_ns=now_ns)
        if (self._to_record or self._to_link) and not self._work_off():
            return _FULL_S
        k = self.rule.next_k
        wait_s = (self.rule.cadence.due_ns(k) - now_ns) / NS
        if self.rule.has_ended:
            wait_s = _IDLE_S
        if wait_s > 0:
            if not self._eraser.is_done:
                self._eraser.work(min(_ERASE_S, wait_s))
                return 0.0
            if k - self._swept_k >= _SWEEP_COLUMNS:
                self._sweep()
            return min(_IDLE_S, wait_s)
        columns = self.rule.decide(now_ns, self._spool.arrived(k))
        if not columns:
            return _LOOK_S
        self._publish(columns)
        return 0.0

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """What the socket replies to one request."""
        try:
            self._check_token(request)
            return self._act(request)
        except CommandRejected as error:
            log.warning("a safety act was refused: %s", error)
            return {"ok": False, "code": error.code, "why": str(error)}

    def facts(self) -> dict[str, object]:
        late = sorted(self._late_ms) or [0.0]
        safety = self.rule.safety
        return {
            "next_k": self.rule.next_k,
            "late_ms_p50": late[len(late) // 2],
            "late_ms_p99": late[len(late) * 99 // 100],
            "slate_parts": dict(self._slate_parts),
            "on_slate": sorted(self._on_slate),
            "slate_why": self._slate_why,
            "slate_outputs": self._left_out,
            "refused_parts": self._spool.refused,
            "blank": safety.is_blank,
            "held": safety.is_held,
            "quarantined": sorted(safety.sites),
            "hidden": sorted(safety.hidden),
            "ended": self.rule.has_ended,
            "tmpfs_full": self._is_full,
            "tmpfs_full_errors": self._full_errors,
            "window_parts": self._window_parts,
            "slate_lost": self._eraser.slate_lost,
        }

    def close(self) -> None:
        self._decisions.close()
        self._knocker.close()

    def _publish(self, columns: list[Column]) -> None:
        self._to_record.extend(column.record() for column in columns)
        self._to_link.extend(columns)
        self._work_off()
        if columns[0].why == "privacy":
            self._spool.destroy(columns[0].k)
        self._left_out = sorted({output for c in columns for output in c.slate_outputs})
        self._count(columns[0])

    def _work_off(self) -> bool:
        """Write down what has been decided, then link it. False while the tmpfs has no room for
        it: everything waits in order, so that no number is ever left out."""
        try:
            while self._to_record:
                self._decisions.append(self._to_record[0])
                self._to_record.popleft()
            while self._to_link:
                self._link(self._to_link[0])
                self._to_link.popleft()
        except OSError as error:
            self._make_room(error)
            return False
        self._is_full = False
        self._knocker.knock()
        return True

    def _link(self, column: Column) -> None:
        """Raises OSError."""
        for shown in (column, column.for_hls()) if column.hls_tracks else (column,):
            if shown.folder in self._trees:
                self._trees[shown.folder].publish(shown)

    def _make_room(self, error: OSError) -> None:
        """Give up the oldest segment of the window: viewers can scrub back less, and play on."""
        if not self._is_full:
            log.error(
                "nothing can be published (%s): cutting the window shorter to make room",
                error.strerror,
            )
        self._is_full = True
        self._full_errors += 1
        segment = self._grid.parts_per_segment
        self._window_parts = max(_LEAST_SEGMENTS * segment, self._window_parts - segment)
        self._sweep()

    def _count(self, column: Column) -> None:
        if self.rule.cadence.due_ns(column.k) > self._began_ns:
            self._late_ms.append(column.late_ms)
        on_slate = {track for track, value in column.tracks.items() if value != REAL}
        self._slate_parts.update(on_slate)
        for gone in sorted(on_slate - self._on_slate):
            log.warning("%s is on slate from part %d: %s", gone, column.k, column.why or "missing")
        for back in sorted(self._on_slate - on_slate):
            log.info("%s is back from part %d", back, column.k)
        self._on_slate, self._slate_why = on_slate, column.why

    def _check_token(self, request: dict[str, Any]) -> None:
        try:
            expected = self._tree.gate_token.read_text().strip()
        except OSError as error:
            raise CommandRejected("no-token", "the gate has no token to compare with") from error
        given = text_of(request, "token")
        if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
            raise CommandRejected("forbidden", "this token does not open the gate")

    def _act(self, request: dict[str, Any]) -> dict[str, Any]:
        act = self._read_act(request)
        public = self._was_public(act)
        earlier = list(self.rule.redacted)
        self._to_record.append(act.record())
        self.rule.act(act)
        # readers stop handing out the old parts before they are gone; a full disk stops no act
        self._work_off()
        if act.act in ("privacy", "stop"):
            running = self._grid.part_of(self._grid.frame_at(act.at_ns))
            self._eraser.destroy(range(act.k, running + 1))
        self._redact(act, earlier)
        self._eraser.work(_ERASE_S)
        log.warning("%s by %s from part %d: %s", act.act, act.author, act.k, act.reason or "-")
        return {
            "ok": True,
            "k": act.k,
            "msn": self._grid.msn_of(act.k),
            "index": self._grid.index_of(act.k),
            "at_ns": act.at_ns,
            "was_public": public > 0,
            "public_s": round(public * self._grid.part_s, 3),
            "redacted": list(act.redacted) if act.redacted else None,
        }

    def _read_act(self, request: dict[str, Any]) -> SafetyAct:
        asked = request_of(request)
        if self.rule.has_ended:
            raise CommandRejected("ended", "the stream has ended; there is nothing to act on")
        return SafetyAct(
            act=asked.act,
            k=self.rule.next_k,
            at_ns=self._clock.now_ns(),
            author=asked.author,
            reason=asked.reason,
            site=asked.site,
            redacted=self._span(asked.look_back_s) if asked.act == "privacy" else None,
        )

    def _span(self, look_back_s: float) -> tuple[int, int] | None:
        """The published columns of the last `look_back_s` seconds."""
        last = self.rule.next_k - 1
        parts = min(ceil(look_back_s / self._grid.part_s), self._stream.window_parts)
        for first in range(last - parts + 1, last + 1):
            if self._is_held(first):
                return first, last
        return None

    def _was_public(self, act: SafetyAct) -> int:
        """How many columns looked back at show the site, or the programme if none is named."""
        if act.redacted is None:
            return 0
        first, last = act.redacted
        columns = recent(self._tree.decisions, (last - first + 1) * len(self._trees))
        slate = {c.k for c in columns} - {c.k for c in columns if REAL in c.tracks.values()}
        count = 0
        for k in range(first, last + 1):
            if k not in slate and self._is_held(k):
                label = self._spool.label(k) if act.site else None
                count += label is None or act.site in label.sites
        return count

    def _is_held(self, k: int) -> bool:
        return any(tree.holds(k) for tree in self._trees.values())

    def _redact(self, act: SafetyAct, earlier: list[Span]) -> None:
        if act.redacted:
            plan = redaction(act.redacted, earlier, self._grid.parts_per_segment)
            self._eraser.redact(plan, act.tag)

    def _sweep(self) -> None:
        """Delete what is behind the window; labels stay as long as a look-back may ask for them."""
        k = self._swept_k = self.rule.next_k
        if not self._is_full:  # what was cut off grows again as parts come
            self._window_parts = min(self._window_parts + _SWEEP_COLUMNS, self._stream.window_parts)
        window_k = k - self._window_parts - 2 * self._grid.parts_per_segment
        for tree in self._trees.values():
            tree.sweep(window_k)
        spool = self._tree.root / "spool"
        for track in self._stream.gated_tracks:
            sweep(spool / track, self._grid, k - _SWEEP_COLUMNS)
        sweep(spool / "label", self._grid, window_k)


def run(tree: LiveTree, stop: threading.Event) -> int:
    gate = Gate(tree, PageClock(tree.clock))
    door = SafetySocket(tree.gate_socket, gate.answer)
    try:
        while not stop.is_set():
            door.serve(gate.step())
            faultpoint.hang_here("gate")
    finally:
        door.close()
        gate.close()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="gate", description=__doc__)
    parser.add_argument("--live", type=Path, required=True, help="the live tree")
    live = parser.parse_args().live
    stop = begin("gate", nice=-5)  # so little, and so soon
    try:
        return run(LiveTree(live), stop)
    except OrchestratorError as error:
        log.error("%s", error)
        return 3


if __name__ == "__main__":
    sys.exit(log_unhandled("gate", main))
