"""The feed's process: one connection after another, for ever.

Main thread: starts readers (a child must be forked here), watches bytes rather than errors, waits
between attempts, writes facts, and ends the process when it is told to, when the rundown has
changed this feed, or when a connection cannot be ended. Session's thread: one per connection.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from dataclasses import dataclass, field

from orchestrator.bus.child import FactSheet
from orchestrator.bus.feedpage import FeedState, FeedWord
from orchestrator.bus.tree import LiveTree
from orchestrator.errors import FeedEnded, FeedUnavailable, MediaError
from orchestrator.feeds.attempts import Backoff
from orchestrator.feeds.board import Board
from orchestrator.feeds.readers import Reader, reader_for
from orchestrator.feeds.session import Session, Surroundings
from orchestrator.feeds.snapshot import SnapshotWatch
from orchestrator.feeds.spec import Spec, with_secrets
from orchestrator.feeds.wants import Wants
from orchestrator.feeds.worker import Worker
from orchestrator.media.ring import remove_stale_ring
from orchestrator.media.thumbnail import ThumbnailWriter
from orchestrator.timing import NS, Grid, PageClock

log = logging.getLogger(__name__)

TICK_S = 0.1
LIVE_TICK_S = 0.5
"""While packets come there is less to look after: 0.1 % of a core less for each feed."""
STALLED_AFTER_NS = 3 * NS // 2
GIVEN_UP_AFTER_NS = 10 * NS
STUCK_AFTER_S = 15.0
HOLD_S = 3
"""The last picture of a lost connection stays in the ring for so long."""


@dataclass
class Attempt:
    """One connection and its thread. The fields are written by that thread, read by the main."""

    reader: Reader
    session: Session | None = None
    error: MediaError | None = None
    crash: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)


class FeedProcess:
    """Main thread only."""

    def __init__(self, tree: LiveTree, feed_id: str, stop: threading.Event, worker: Worker) -> None:
        """Raises ValueError, OSError when there is no snapshot or no such feed."""
        self._tree = tree
        self._stop = stop
        self._worker = worker
        self._snapshot = SnapshotWatch(tree.snapshot)
        self._spec = Spec.of_snapshot(tree.snapshot.read_bytes())
        self._feed = self._spec.feeds[feed_id]
        self._index = self._spec.sources.index(feed_id)
        self._clock = PageClock(tree.clock)
        self._grid = Grid.standard(self._spec.programme.fps)
        self._board = Board(tree.feed_page(feed_id))
        self._thumbnail: ThumbnailWriter | None = None
        with contextlib.suppress(OSError):  # then its tile at the desk stays empty
            self._thumbnail = ThumbnailWriter(tree.thumbnail(feed_id))
        self._facts = FactSheet(tree.facts(f"feed.{feed_id}"), f"feed.{feed_id}")
        self._backoff = Backoff()
        self._ring_lock = threading.Lock()
        self._is_lost = False
        self._complained: set[str] = set()
        self._reason = ""

    def run(self) -> int:
        """Returns the exit code."""
        while not self._stop.is_set():
            self._board.add(FeedWord.CONNECTS)
            self._board.state = FeedState.CONNECTING
            began_ns = self._clock.now_ns()
            error, was_live = self._attempt()
            if error is None or self._stop.is_set():
                break
            lived_s = (self._clock.now_ns() - began_ns) / NS if was_live else 0.0
            self._say_lost(error)
            self._board.state = FeedState.BACKOFF if error.retryable else FeedState.REFUSED
            if not self._wait(self._backoff.wait_s(error, lived_s)):
                break
        self._remove_stale_ring(2**62)
        self._board.state = FeedState.IDLE
        return 0

    # one attempt

    def _attempt(self) -> tuple[MediaError | None, bool]:
        """Why the connection ended, None to end the process; and whether it was ever live."""
        try:
            feed = with_secrets(self._feed, os.environ)
            reader = reader_for(feed, self._spec.programme)
            reader.prepare()
        except MediaError as error:
            return error, False
        except OSError as error:
            return FeedUnavailable(f"feed {self._feed.id}: {error.strerror}"), False
        attempt = Attempt(reader)
        thread = threading.Thread(
            target=self._connect, args=(attempt,), name=f"session {self._feed.id}", daemon=True
        )
        thread.start()
        given_up = self._watch(attempt)
        reader.abort()
        if not attempt.done.wait(0.5 if self._stop.is_set() else STUCK_AFTER_S):
            if not self._stop.is_set():
                log.error("feed %s: its connection cannot be ended; ending the process", feed.id)
            self._remove_stale_ring(2**62)
            os._exit(0 if self._stop.is_set() else 1)  # a thread in a C call cannot be ended
        if attempt.crash is not None:
            raise attempt.crash
        was_live = attempt.session is not None
        if self._must_end():
            return None, was_live
        return given_up or attempt.error or FeedEnded(f"feed {feed.id} ended"), was_live

    def _connect(self, attempt: Attempt) -> None:
        """The session's thread."""
        try:
            attempt.reader.open()
            around = Surroundings(
                self._spec.programme,
                self._grid,
                self._clock,
                self._board,
                Wants(self._tree),
                self._index,
                self._tree.ring(self._feed.id),
                self._ring_lock,
                self._stop,
                self._worker,
                self._thumbnail,
            )
            attempt.session = Session(self._feed, attempt.reader, around)
            attempt.session.run()
        except MediaError as error:
            attempt.error = error
        except Exception as crash:  # handed to the main thread, which lets the process die of it
            attempt.crash = crash
        finally:
            attempt.reader.close()
            attempt.done.set()

    def _watch(self, attempt: Attempt) -> MediaError | None:
        """Until the connection ends, or nothing has come for so long that it has to."""
        while not attempt.done.wait(self._pause_s(attempt)):
            if self._beat(attempt):
                return None
            last_ns = 0 if attempt.session is None else attempt.session.last_packet_ns
            if not last_ns:
                continue
            silent_ns = self._clock.now_ns() - last_ns
            if silent_ns < STALLED_AFTER_NS:
                self._say_back()
            elif silent_ns < GIVEN_UP_AFTER_NS:
                self._board.state = FeedState.STALLED
            else:
                return FeedUnavailable(f"feed {self._feed.id} has sent nothing for 10 s")
        return None

    def _pause_s(self, attempt: Attempt) -> float:
        """Of a live feed: until the next beat, or the moment at which it would be stalled."""
        last_ns = 0 if attempt.session is None else attempt.session.last_packet_ns
        if not last_ns:
            return TICK_S
        left_s = (last_ns + STALLED_AFTER_NS - self._clock.now_ns()) / NS
        return TICK_S if left_s <= 0 else min(LIVE_TICK_S, left_s)

    # every tick

    def _beat(self, attempt: Attempt | None) -> bool:
        """What is due anyway. True when the process shall end."""
        now_ns = self._clock.now_ns()
        self._board[FeedWord.ALIVE_NS] = now_ns
        if attempt is not None:
            self._pass_on(attempt.reader.complaints())
        if self._facts.due():
            self._remove_stale_ring(self._grid.frame_at(now_ns - HOLD_S * NS))
            session = None if attempt is None else attempt.session
            self._facts.write(
                self._board.facts()
                | {
                    "feed": self._feed.id,
                    "kind": self._feed.kind,
                    "stays_hot": session is not None and session.stays_hot,
                    "codec": "" if session is None else session.codec,
                    "reason": self._reason,
                },
                now_ns=now_ns,
            )
            return self._must_end()
        return self._stop.is_set()

    def _must_end(self) -> bool:
        if self._stop.is_set():
            return True
        if self._snapshot.has_changed():
            spec = Spec.of_snapshot(self._tree.snapshot.read_bytes())
            is_same = (
                spec.feeds.get(self._feed.id) == self._feed
                and spec.programme == self._spec.programme
                and spec.sources.index(self._feed.id) == self._index
            )
            if not is_same:
                log.info("feed %s is another one in the new rundown", self._feed.id)
                self._stop.set()
                return True
        return False

    def _wait(self, seconds: float) -> bool:
        """True after `seconds`, False as soon as the process shall end."""
        until_ns = self._clock.now_ns() + round(seconds * NS)
        while (left_ns := until_ns - self._clock.now_ns()) > 0:
            if self._stop.wait(min(TICK_S, left_ns / NS)) or self._beat(None):
                return False
        return True

    # what people read: once when lost, once when back

    def _say_lost(self, error: MediaError) -> None:
        reason = str(error)
        if not self._is_lost or (reason != self._reason and not error.retryable):
            log.warning("feed %s lost: %s; trying again", self._feed.id, reason)
        self._is_lost, self._reason = True, reason

    def _say_back(self) -> None:
        if self._is_lost:
            log.info("feed %s is back", self._feed.id)
        elif self._reason == "":
            log.info("feed %s is here", self._feed.id)
        self._is_lost, self._reason = False, "live"
        self._complained.clear()

    def _pass_on(self, complaints: list[str]) -> None:
        """Each thing a child says, once until the feed is back."""
        for complaint in complaints:
            kind = complaint.rsplit(":", 1)[-1].strip()
            if kind not in self._complained and len(self._complained) < 10:
                self._complained.add(kind)
                log.warning("feed %s: %s", self._feed.id, complaint)

    def _remove_stale_ring(self, older_than_n: int) -> None:
        house = self._spec.programme
        with self._ring_lock:
            if not self._board[FeedWord.HOT]:
                remove_stale_ring(
                    self._tree.ring(self._feed.id),
                    house.width,
                    house.height,
                    older_than_n=older_than_n,
                )
