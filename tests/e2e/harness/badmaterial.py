"""An event whose material is bad in every way there is, written into a folder of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from orchestrator.rehearsal import clips
from orchestrator.rundown.load import load
from orchestrator.rundown.resolve import resolve

UNKNOWN = "\U000f1234"
"""A letter that no font has: private use."""

EVENT = """\
version: 1
include: [two-sites.yaml]

event: {id: bad-material, title: Bad material, timezone: Europe/Paris, start: 2026-10-24 12:00,
        duration: 60s, audience: open}
programme: {size: 320x180, fps: 30, delay: 0s}

people:
  ghost: {name: "UNKNOWN", role: Surgeon, site: oslo}
  ada: {name: Ada Rao, native: "UNKNOWN", role: Surgeon, site: oslo}

clips:
  short: {file: clips/short.mp4}
  GONE

graphics:
  torn: {template: graphics/torn.svg}
  misspelt: {template: graphics/misspelt.svg}
  raising: {template: graphics/raising.svg}
  refused: {template: graphics/refused.svg}

rundown:
  - id: one
    title: One
    kind: show
    site: oslo
    start: event
    duration: 16s
    people: {surgeon: ghost, assistant: ada}
    graphics:
      - {use: torn, at: 2s, for: 12s}
      - {use: misspelt, at: 2s, for: 12s}
      - {use: raising, at: 2s, for: 12s}
      - {use: refused, at: 2s, for: 12s}
      - {use: lower-third, who: surgeon, at: 2s, for: 6s}
      - {use: lower-third, who: assistant, at: 9s, for: 5s}
      - {use: message, data: {text: "Say UNKNOWN"}, at: 2s, for: 12s}
  - id: film
    title: Film
    kind: show
    duration: 10s
    mode: recorded
    scene: {layout: full, main: clip.short}
    fallback: {main: [quito.headset]}
  - {id: rest, title: The rest, kind: show, site: oslo, end: event, flex: {grow: 60s}}

outputs:
  hls: {window: 2m, ladder: [180p], audience: open}
"""

BAR = 'x="320" y="{y}" width="640" height="60" fill="#ffffff"'
"""What each broken template would paint, if it were painted: a white bar of its own."""

TEMPLATES = {
    "torn": (200, "{% if surgeon %}\n"),
    "misspelt": (280, "<text>{{ surgoen }}</text>"),
    "raising": (360, "<text>{{ 1 / 0 }}</text>"),
    "refused": (440, "<rect>"),
}


def write(folder: Path, *, gone: bool = False) -> Path:
    """The event file in `folder`, with its templates and a clip of 8 s cut to 4."""
    here = Path(__file__).parents[1] / "events"
    (folder / "graphics").mkdir(parents=True, exist_ok=True)
    (folder / "two-sites.yaml").write_text((here / "two-sites.yaml").read_text())
    for name, (y, broken) in TEMPLATES.items():
        (folder / "graphics" / f"{name}.svg").write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720">\n'
            f"  <rect {BAR.format(y=y)}/>\n{broken}</svg>\n"
        )
    event = folder / "bad-material.yaml"
    short = EVENT.replace("UNKNOWN", UNKNOWN).replace("GONE", "")
    event.write_text(short.replace("duration: 10s", "duration: 4s"))
    plan = load(event).plan
    assert plan is not None
    day, _, _ = resolve(plan)
    assert day is not None
    small = replace(clips.FILM, width=320, height=180, bitrate_bps=500_000)
    list(clips.make(day, folder, 2, small))  # as long as its slot is now: 4 s
    text = EVENT.replace("UNKNOWN", UNKNOWN)
    event.write_text(text.replace("GONE", "gone: {file: clips/gone.mp4}" if gone else ""))
    return event
