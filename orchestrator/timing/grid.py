"""The grid: frame n is the instant n / fps after the Unix epoch, and all else follows from n.

Pure integers, used by every process. Numbering therefore survives any restart, and two machines
with the same rundown number the same pictures the same way (DESIGN §5).

Parts and segments end where whole pictures and whole 1024-sample AAC frames both end:
at 30 fps every 16 pictures (25 AAC frames, 0.5333 s), at 25 fps every 8 (15 AAC frames, 0.32 s).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

NS = 1_000_000_000
AUDIO_RATE = 48_000
AAC_SAMPLES = 1024
VIDEO_TICKS = 90_000
"""Ticks a second of the video tracks (RTP and MPEG custom); the audio tracks count samples."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Frame rate, part and segment length, and the arithmetic between them.

    `n` is a frame number, `k` a part number (counted from the epoch, over all segments),
    `msn` a media sequence number (RFC 8216bis), `t_ns` nanoseconds since the epoch.
    """

    fps: int
    part_frames: int
    segment_frames: int

    @classmethod
    def standard(cls, fps: int) -> Grid:
        """The part and segment lengths of DESIGN §5 for a rate that is offered (25 or 30)."""
        if fps == 30:
            return cls(30, 16, 64)
        if fps == 25:
            return cls(25, 16, 48)
        raise ValueError(f"{fps} fps is not offered; use 25 or 30")

    def __post_init__(self) -> None:
        if self.segment_frames % self.part_frames:
            raise ValueError("a segment must hold a whole number of parts")
        if self.part_frames * self.samples_per_frame % AAC_SAMPLES:
            raise ValueError("a part must hold a whole number of AAC frames")

    # frames and instants

    def frame_at(self, t_ns: int) -> int:
        """The frame that is on air at `t_ns`."""
        return t_ns * self.fps // NS

    def instant_ns(self, n: int) -> int:
        """The first nanosecond of frame `n`; `frame_at(instant_ns(n)) == n`."""
        return -(-n * NS // self.fps)

    def utc(self, n: int) -> datetime:
        """Frame `n` as an aware UTC instant (to the microsecond)."""
        seconds, rest = divmod(n, self.fps)
        micro = rest * 1_000_000 // self.fps
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micro)

    def frames(self, seconds: float) -> int:
        """A length in seconds as the nearest whole number of frames."""
        return round(seconds * self.fps)

    # audio and track time

    @property
    def samples_per_frame(self) -> int:
        return AUDIO_RATE // self.fps

    def sample_of(self, n: int) -> int:
        """The first 48 kHz sample of frame `n`, counted from the epoch."""
        return n * self.samples_per_frame

    @property
    def ticks_per_frame(self) -> int:
        """Length of one picture in ticks of the video track (90 kHz)."""
        return VIDEO_TICKS // self.fps

    # parts and segments

    @property
    def parts_per_segment(self) -> int:
        return self.segment_frames // self.part_frames

    @property
    def aac_per_part(self) -> int:
        return self.part_frames * self.samples_per_frame // AAC_SAMPLES

    @property
    def part_s(self) -> float:
        return self.part_frames / self.fps

    @property
    def segment_s(self) -> float:
        return self.segment_frames / self.fps

    def part_of(self, n: int) -> int:
        """The part that frame `n` belongs to."""
        return n // self.part_frames

    def first_frame(self, k: int) -> int:
        return k * self.part_frames

    def part_end_ns(self, k: int) -> int:
        """The instant at which part `k` is over, i.e. the first of part `k + 1`."""
        return self.instant_ns((k + 1) * self.part_frames)

    def msn_of(self, k: int) -> int:
        return k // self.parts_per_segment

    def index_of(self, k: int) -> int:
        """The place of part `k` in its segment, from 0."""
        return k % self.parts_per_segment

    def part(self, msn: int, index: int) -> int:
        return msn * self.parts_per_segment + index

    def starts_segment(self, n: int) -> bool:
        return n % self.segment_frames == 0

    def video_tfdt(self, k: int) -> int:
        """Decode time of part `k`'s first picture (ISO/IEC 14496-12 tfdt), 90 kHz ticks."""
        return self.first_frame(k) * self.ticks_per_frame

    def audio_tfdt(self, k: int) -> int:
        """Decode time of part `k`'s first sample, in samples."""
        return self.sample_of(self.first_frame(k))
