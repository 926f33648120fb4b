"""The events of the benches with many sites: one feed or two each, two of them on air."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CITIES = (
    *("Mumbai", "Dubai", "Johannesburg", "Casablanca", "London", "Salvador", "Sucre"),
    *("Boston", "Puebla", "Kyiv", "Berlin", "Ghent", "Lyon"),
)
SITES = tuple(city.lower() for city in CITIES)

_HEAD = """\
version: 1
event: {id: bench-sites, title: Many sites, timezone: Europe/Paris, start: 2026-10-24 12:00,
        duration: 3h, audience: open}
programme: {size: SIZE, fps: 30, delay: 0s}
defaults: {preroll: 10s, arm: 1s, transition: cut, audience: open,
           health: {loss: 1.5s, freeze: 20s, black: off, silence: off, back_after: 1s}}
kinds:
  show:
    duration: 3h
    scene: {layout: pip, main: mumbai.headset, inset: dubai.headset}
    audio: {main: 0 dB, inset: -6 dB}
    fallback: {main: [slate.site]}
OUTPUTS
rundown:
  - {id: show, title: The show, kind: show, site: mumbai, start: event}
sites:
"""


PUSH_URL = "BENCH_PUSH_URL"


@dataclass(frozen=True, slots=True)
class Outputs:
    """What an event's programme is made into. `everything`: pushed, recorded and kept as well."""

    size: str = "1280x720"
    ladder: tuple[str, ...] = ("720p", "480p", "360p")
    everything: bool = False

    def text(self) -> str:
        more = ", dvr: 1h" if self.everything else ""
        lines = [
            "outputs:",
            f"  hls: {{window: 5m, ladder: [{', '.join(self.ladder)}], audience: open{more}}}",
        ]
        if self.everything:
            lines.append(f"  push: {{platform: {{url: env:{PUSH_URL}, audience: open}}}}")
            lines.append("  record: {each: slot, audience: open}")
        return "\n".join(lines)


def write(path: Path, feeds: int, outputs: Outputs | None = None) -> Path:
    """An event of two to twenty-six feeds: headsets first, then second cameras.

    Mumbai's headset is on air with Dubai's in its corner; everything else is warm.
    """
    lines = []
    for i, city in enumerate(CITIES[:feeds]):
        names = ["headset", "room"][: 1 + (i < feeds - len(CITIES))]
        of_site = ", ".join(f"{name}: {{srt: env:FEED_KEY}}" for name in names)
        lines.append(
            f"  {SITES[i]}: {{title: {city}, city: {city}, timezone: UTC, feeds: {{{of_site}}}}}\n"
        )
    outputs = outputs or Outputs()
    head = _HEAD.replace("SIZE", outputs.size).replace("OUTPUTS", outputs.text())
    path.write_text(head + "".join(lines))
    return path
