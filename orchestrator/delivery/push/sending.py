"""One connection's sending: from a keyframe on, column after column, until it ends or is told to.

Three tasks on the push's loop: what the server says, what is sent, and a watch over the bytes that
arrive. The first one to fail ends the connection; whoever runs it decides what comes next.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from orchestrator.bus.decisions import NOT_FOR_OUTPUT, REAL, Column
from orchestrator.bus.sent import REAL as SENT_REAL
from orchestrator.bus.sent import SLATE as SENT_SLATE
from orchestrator.bus.sent import SentLog
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.push.filler import PUBLIC, Filler
from orchestrator.delivery.push.line import Line
from orchestrator.delivery.push.media import TimeBase
from orchestrator.delivery.push.pace import Pace
from orchestrator.delivery.rtmp import flv
from orchestrator.delivery.rtmp.publisher import AUDIO, DATA_AMF0, VIDEO
from orchestrator.delivery.rtmp.wire import Connection
from orchestrator.delivery.stream import Stream
from orchestrator.errors import SinkUnavailable
from orchestrator.media.boxes import configuration, is_whole_part, restamp
from orchestrator.media.house import AUDIO_TRACK

log = logging.getLogger(__name__)

STALLED_S = 10.0
"""So long may bytes wait without one being acknowledged."""
_WATCH_S = 0.5
_LOOK_AT_MOST_S = 1.0
_LINK_S = 0.02
_LINK_TRIES = 50


class _Mark(NamedTuple):
    """Column `k` is with the platform when so many bytes have arrived."""

    bytes: int
    k: int
    what: str
    why: str


class Over(Exception):
    """Everything that was to be sent on this connection has been."""


@dataclass(slots=True)
class Counts:
    """What this output did since its process began; all its connections add to it."""

    bytes: int = 0
    columns: int = 0
    dropped_gops: int = 0
    missing_parts: int = 0
    rendition: str = ""
    sent_k: int = -1
    gap_why: str = "not running"
    """Why the next columns that are not sent are not, for the record."""


class Sending:
    """`run` it once. `until_k` may be set while it runs: the first column not to be sent."""

    def __init__(
        self,
        tree: LiveTree,
        stream: Stream,
        line: Line,
        output: str,
        ladder: tuple[str, ...],
        sent: SentLog,
        counts: Counts,
    ) -> None:
        self._tree = tree
        self._stream = stream
        self._grid = stream.grid
        self._line = line
        self._output = output
        self._sent = sent
        self._counts = counts
        self._pace = Pace(ladder, 2 * self._grid.parts_per_segment)
        self._filler = Filler(self._grid)
        self._news = asyncio.Event()
        self._marks: deque[_Mark] = deque()
        self._arrived = 0
        self._base: TimeBase | None = None
        self._track = ""
        self.next_k = -1
        self.until_k: int | None = None
        self.before: Sending | None = None
        """The connection that this one takes over from, until it has ended."""
        self.waiting_bytes = 0
        self.stalled_s = 0.0

    def hear(self) -> None:
        """There are new columns."""
        self._news.set()

    def begin_at(self, earliest_k: int) -> int | None:
        """Choose the live edge, i.e. the newest keyframe, but nothing before `earliest_k`.
        The column chosen; None while there is none."""
        keyframes = self._line.keyframes(self._pace.track, earliest_k)
        if not keyframes:
            return None
        # what has waited for the event to begin is sent from its beginning on, unless it would be
        # so far behind that `Pace` dropped it again
        recent = self._line.newest_k - self._grid.parts_per_segment
        self.next_k = keyframes[0] if keyframes[0] >= max(earliest_k, recent) else keyframes[-1]
        return self.next_k

    def take_over(self) -> None:
        """The one before has ended too soon: begin at the newest keyframe that joins on to what it
        sent, so that some is sent twice rather than some not at all."""
        self.before = None
        if self._base is not None or self._counts.sent_k < 0:
            return
        keyframes = self._line.keyframes(self._pace.track, 0)
        joining = [k for k in keyframes if k <= min(self._counts.sent_k + 1, self.next_k)]
        self.next_k = joining[-1] if joining else self.next_k
        self.hear()

    async def run(self, connection: Connection) -> None:
        """Until the last column has arrived. Raises SinkUnavailable."""
        tasks = [
            asyncio.ensure_future(work)
            for work in (connection.listen(), self._send(connection), self._watch(connection))
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except Over:
            await connection.finish()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._count(connection)
            connection.abort()

    # sending

    async def _send(self, connection: Connection) -> None:
        while True:
            column = await self._next_column()
            await self._send_column(connection, column)
            self.next_k = column.k + 1

    async def _next_column(self) -> Column:
        """The next one to send, after whatever has to be dropped. Raises Over."""
        while True:
            self._news.clear()
            if self.until_k is not None and self.next_k >= self.until_k:
                raise Over
            if self._line.stopped_k is not None and self.next_k >= self._line.stopped_k:
                raise Over
            column = self._line.next_from(self.next_k)
            if column is not None and column.k != self.next_k:
                column = self._beyond_a_hole(column.k)
            if column is not None and (column := self._keep_up(column)) is not None:
                return column
            await self._news.wait()

    def _beyond_a_hole(self, k: int) -> Column | None:
        """The gate left a hole, or this process slept: go on at a keyframe."""
        keyframes = self._line.keyframes(self._pace.track, k)
        if not keyframes:
            return None
        self._filler.begin_anew()
        return self._line.at(keyframes[0])

    def _keep_up(self, column: Column) -> Column | None:
        ladder = self._pace.ladder
        keyframes = {track: self._line.keyframes(track, column.k) for track in ladder}
        step = self._pace.step(column.k, self._line.newest_k, keyframes, time.monotonic())
        if step.dropped:
            self._counts.dropped_gops += step.dropped
            log.warning(
                "%s takes too little: %d GOPs dropped, on with %s",
                self._output, step.dropped, step.track,
            )  # fmt: skip
            self._counts.gap_why = "the platform took too little"
            self._filler.begin_anew()
        return self._line.at(step.k)

    async def _send_column(self, connection: Connection, column: Column) -> None:
        track = self._pace.track
        if track != self._track:
            self._filler.begin_anew()
        video, audio = await self._parts(column, track)
        if self._base is None:
            self._base = TimeBase(self._grid, column.k)
        if track != self._track:
            await self._send_headers(connection, track, column.k)
        publisher = connection.publisher
        for message in self._base.messages(video, audio):
            await connection.send(publisher.media(message.kind, message.body, message.ms))
        what, why = self._what(column, track)
        self._marks.append(_Mark(connection.pipe.written, column.k, what, why))

    def _what(self, column: Column, track: str) -> tuple[str, str]:
        """For the record: the programme, or a slate, and whose."""
        if self._filler.is_filling(track):
            taken_back = self._line.is_taken_back(column.k)
            return SENT_SLATE, "privacy" if taken_back else NOT_FOR_OUTPUT
        if column.tracks.get(track) == REAL:
            return SENT_REAL, ""
        return SENT_SLATE, column.why or "missing"

    async def _send_headers(self, connection: Connection, track: str, k: int) -> None:
        """What a decoder must know, before the first picture and whenever the rendition changes."""
        assert self._base is not None
        ms, media = self._base.ms(k), connection.publisher.media
        rendition = next(r for r in self._stream.ladder if r.name == track)
        messages = [
            (DATA_AMF0, flv.metadata(rendition, self._grid.fps)),
            (VIDEO, flv.avc_sequence_header(self._configuration(track))),
            (AUDIO, flv.aac_sequence_header(self._configuration(AUDIO_TRACK))),
        ]
        await connection.send(b"".join(media(kind, body, ms) for kind, body in messages))
        self._track = self._counts.rendition = track

    async def _parts(self, column: Column, track: str) -> tuple[bytes, bytes]:
        is_mine = column.is_slate_for(self._output) or self._line.is_taken_back(column.k)
        chosen = self._filler.choose(column, (track, AUDIO_TRACK), is_mine=is_mine)
        return (
            await self._part(column.k, track, chosen[track]),
            await self._part(column.k, AUDIO_TRACK, chosen[AUDIO_TRACK]),
        )

    async def _part(self, k: int, track: str, value: int) -> bytes:
        """The public part, which may be decided but not linked yet; or one of the slate's."""
        if value == PUBLIC:
            part = await self._public_part(k, track)
            if is_whole_part(part, self._stream.tfdt(track, k)):
                return part
            self._counts.missing_parts += 1
            self._filler.lose(track)
            value = 0
            state = "damaged" if part else "not there"
            log.error("%s part %d is %s; slate is sent in its place", track, k, state)
        part = (self._tree.slate / f"{track}.{value}").read_bytes()
        return restamp(part, self._stream.tfdt(track, k), k)

    async def _public_part(self, k: int, track: str) -> bytes:
        """Empty if it does not come."""
        for _ in range(_LINK_TRIES):
            try:
                return self._line.path(track, k).read_bytes()
            except FileNotFoundError:
                await asyncio.sleep(_LINK_S)
        return b""

    def _configuration(self, track: str) -> bytes:
        return configuration((self._tree.slate / f"{track}.init").read_bytes())

    # watching

    async def _watch(self, connection: Connection) -> None:
        """Raises SinkUnavailable when bytes wait and none arrives. Only time during which this
        process ran counts: after a pause of the machine nobody is blamed."""
        looked_s = time.monotonic()
        still_s = 0.0
        while True:
            await asyncio.sleep(_WATCH_S)
            now_s = time.monotonic()
            before = self._arrived
            self._count(connection)
            waits = self.waiting_bytes > 0
            if self._arrived > before or not waits:
                still_s = 0.0
            else:
                still_s += min(now_s - looked_s, _LOOK_AT_MOST_S)
            self.stalled_s = round(still_s, 1)
            looked_s = now_s
            if still_s >= STALLED_S:
                raise SinkUnavailable(
                    f"{connection.address.text} has taken no byte for {STALLED_S:.0f} s"
                )

    def _count(self, connection: Connection) -> None:
        """Note what has arrived since the last look."""
        pipe = connection.pipe
        arrived = max(pipe.arrived, self._arrived)
        self._counts.bytes += arrived - self._arrived
        self._arrived = arrived
        self.waiting_bytes = pipe.written - arrived
        if self.before is not None:
            return  # the record is kept in order: what it sent is noted first
        while self._marks and self._marks[0].bytes <= arrived:
            mark = self._marks.popleft()
            if (missing_k := self._sent.next_k) is not None:
                self._sent.gap(missing_k, mark.k - 1, self._counts.gap_why)
            self._sent.note(mark.k, mark.what, mark.why)
            self._counts.columns += 1
            self._counts.sent_k = max(mark.k, self._counts.sent_k)
