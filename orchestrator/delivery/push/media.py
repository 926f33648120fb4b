"""From the parts of one column to RTMP messages, in the order of their time. Pure.

Time stamps count from the first picture of a connection, for pictures and sound alike, so that
neither knows of the other's beginning. The grid is in whole frames and samples: rounding each
stamp down to a millisecond never adds up.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.delivery.rtmp import flv
from orchestrator.delivery.rtmp.publisher import AUDIO, VIDEO
from orchestrator.media.boxes import timed_samples
from orchestrator.timing.grid import AUDIO_RATE, VIDEO_TICKS, Grid


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message of `kind` at `ms` after the connection's first picture."""

    ms: int
    kind: int
    body: bytes


@dataclass(frozen=True, slots=True)
class TimeBase:
    """The column a connection begins with."""

    grid: Grid
    k: int

    def messages(self, video: bytes, audio: bytes) -> list[Outgoing]:
        """Both parts of a column. Raises ValueError for a part that is none."""
        zero = self.grid.video_tfdt(self.k)
        pictures = [
            Outgoing(
                (sample.time - zero) * 1000 // VIDEO_TICKS,
                VIDEO,
                b"".join((flv.AVC_KEY if sample.is_sync else flv.AVC_INTER, sample.payload)),
            )
            for sample in timed_samples(video)
        ]
        zero = self.grid.audio_tfdt(self.k)
        sound = [
            Outgoing(
                (sample.time - zero) * 1000 // AUDIO_RATE,
                AUDIO,
                b"".join((flv.AAC_RAW, sample.payload)),
            )
            for sample in timed_samples(audio)
        ]
        return sorted(pictures + sound, key=lambda message: message.ms)

    def ms(self, k: int) -> int:
        """When column `k` begins."""
        return (self.grid.video_tfdt(k) - self.grid.video_tfdt(self.k)) * 1000 // VIDEO_TICKS
