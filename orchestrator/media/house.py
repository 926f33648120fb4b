"""The house format: whatever arrives, the programme sees one picture size and one sound format.

Pure. Pictures are planar I420 (BT.709, limited range) at the programme's size; sound is 48 kHz
stereo float32, interleaved. Renditions are named by their height; a rundown may give them a bit
rate and a preset (`rundown/renditions.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.rundown.renditions import wanted
from orchestrator.timing.grid import Grid

AUDIO_TRACK = "a"
AUDIO_BITRATE_BPS = 128_000
DEFAULT_PRESET = "veryfast"


@dataclass(frozen=True, slots=True)
class Rendition:
    """One encoding of the programme. `level` is H.264's, written out because it is in the init."""

    name: str
    width: int
    height: int
    bitrate_bps: int
    level: str
    preset: str = DEFAULT_PRESET


_LADDER = {
    "1080p": (1080, 5_000_000, "4.0"),
    "720p": (720, 3_000_000, "3.1"),
    "540p": (540, 1_800_000, "3.1"),
    "480p": (480, 1_200_000, "3.1"),
    "360p": (360, 700_000, "3.0"),
    "180p": (180, 250_000, "2.1"),
}
RENDITION_NAMES = tuple(_LADDER)


@dataclass(frozen=True, slots=True)
class House:
    """What every picture and sample in the programme looks like, and what it is encoded into."""

    width: int
    height: int
    grid: Grid
    ladder: tuple[Rendition, ...]

    @classmethod
    def of(cls, width: int, height: int, fps: int, ladder: tuple[str, ...]) -> House:
        """`ladder` as the rundown writes it. Raises ValueError for a rendition that is not offered
        or larger than the programme."""
        return cls(
            width, height, Grid.standard(fps), tuple(_rendition(r, width, height) for r in ladder)
        )

    @property
    def picture_bytes(self) -> int:
        return self.width * self.height * 3 // 2

    def tracks(self) -> tuple[str, ...]:
        """Every track there is, video first, as spool and playlists name them."""
        return (*(rendition.name for rendition in self.ladder), AUDIO_TRACK)


def _rendition(text: str, width: int, height: int) -> Rendition:
    asked = wanted(text)
    lines, bitrate_bps, level = _LADDER[asked.name]
    if lines > height:
        raise ValueError(f"rendition {asked.name} is larger than the programme ({width}x{height})")
    if asked.kbps is not None:
        bitrate_bps = asked.kbps * 1000
    # 480p of 16:9 is 854 wide: even, nearest
    columns = round(width * lines / height / 2) * 2
    return Rendition(asked.name, columns, lines, bitrate_bps, level, asked.preset or DEFAULT_PRESET)
