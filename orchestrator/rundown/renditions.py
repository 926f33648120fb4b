"""How a rendition is written: `720p`, `720p 3500k`, `720p 3500k faster`. Pure.

Its name says how many lines it has. A bit rate and a preset of x264's may follow; without them
the encoders have their own (`media/house.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestrator.rundown.builtin import RENDITIONS
from orchestrator.rundown.sink import meant
from orchestrator.rundown.times import Unreadable

PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium")
"""The slower ones do not keep up with time."""

MOST_KBPS = {
    "1080p": 20_000,
    "720p": 14_000,
    "540p": 14_000,
    "480p": 14_000,
    "360p": 10_000,
    "180p": 4_000,
}
"""What the H.264 level of each carries at most (table A-1, Main profile)."""

LEAST_KBPS = 50
PATTERN = (
    rf"^({'|'.join(RENDITIONS)})"
    rf"( +([0-9]+k|[0-9]+(\.[0-9]+)?M))?( +({'|'.join(PRESETS)}))?$"
)
"""For editors; what is read here says more."""

_RATE = re.compile(r"([0-9]{1,6})k|([0-9]{1,3}(?:\.[0-9]{1,3})?)M")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rendition as it is asked for; None is left to the encoders."""

    name: str
    kbps: int | None = None
    preset: str | None = None

    @property
    def text(self) -> str:
        """As it is written, the same for everything that means the same."""
        rate = f"{self.kbps}k" if self.kbps is not None else None
        return " ".join(filter(None, (self.name, rate, self.preset)))


def wanted(text: str) -> Wanted:
    """Raises Unreadable."""
    name, *more = text.split() or [""]
    if name not in RENDITIONS:
        hint = meant(name, RENDITIONS, otherwise="Choose from")
        raise Unreadable(f'rendition "{name}" is not offered.', hint)
    kbps: int | None = None
    preset: str | None = None
    for word in more:
        rate = _RATE.fullmatch(word)
        if rate is not None and kbps is None:
            kbps = int(rate[1]) if rate[1] else round(float(rate[2]) * 1000)
        elif word in PRESETS and preset is None:
            preset = word
        else:
            raise _misread(name, word)
    most = MOST_KBPS[name]
    if kbps is not None and not LEAST_KBPS <= kbps <= most:
        raise Unreadable(
            f"{kbps}k is no bit rate for {name}.", f"From {LEAST_KBPS}k to {most}k is possible."
        )
    return Wanted(name, kbps, preset)


def _misread(name: str, word: str) -> Unreadable:
    if word.isdigit():
        return Unreadable(f'the bit rate "{word}" has no unit.', f"Write {name} {word}k for kb/s.")
    if word in PRESETS or _RATE.fullmatch(word):
        return Unreadable(f'"{word}" is one too many.', f"Write {name} 2500k faster, or {name}.")
    hint = meant(word, PRESETS, otherwise="Choose from")
    return Unreadable(f'"{word}" is neither a bit rate like 2500k nor a preset.', hint)
