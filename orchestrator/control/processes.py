"""`processes.json`: which children there are to be, and the shape of the stream. Pure.

Made of the resolved day by the prepare job; supervisor, gate, origin, recorder and pushes read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator.media.house import House
from orchestrator.rundown.environment import secret_names
from orchestrator.rundown.plan import Output
from orchestrator.rundown.resolved import Resolved

_WINDOW_S = 300


def processes_of(day: Resolved, *, on_air: bool) -> dict[str, Any]:
    """What the file holds. A rehearsal sends nothing anywhere unless it is `on_air`."""
    hls = next((output for output in day.outputs if output.kind == "hls"), None)
    programme = day.programme
    ladder = hls.ladder if hls is not None else ("720p", "480p", "360p")
    house = House.of(programme.width, programme.height, programme.fps, ladder)
    is_closed = day.is_rehearsal and not on_air
    pushes = [] if is_closed else [output for output in day.outputs if output.kind == "push"]
    return {
        "event": day.id,
        "fps": programme.fps,
        "part_frames": house.grid.part_frames,
        "segment_frames": house.grid.segment_frames,
        "width": programme.width,
        "height": programme.height,
        "ladder": list(ladder),
        "tracks": list(house.tracks()),
        "delay_frames": programme.delay,
        "audiences": list(day.audiences()),
        "public_audience": hls.audience if hls is not None else day.audience,
        "feeds": [feed.id for feed in day.feeds()],
        "clips": bool(day.clips),
        "window_s": round(hls.options.get("window_s", _WINDOW_S) if hls else _WINDOW_S),
        "dvr_s": float(hls.options.get("dvr_s", 0.0)) if hls is not None else 0.0,
        "record": _recording(day, house),
        "on_air": on_air,
        "rehearsal": day.is_rehearsal,
        "start_n": day.start_n,
        "end_n": day.end_n,
        "pushes": [_push(output, [one.name for one in house.ladder]) for output in pushes],
        "secrets": secret_names(day),
    }


def _push(output: Output, made: Sequence[str]) -> dict[str, Any]:
    """Addresses stay `env:NAME`: the process that uses one looks it up."""
    return {
        "id": output.id,
        "audience": output.audience,
        "ladder": [name for name in output.ladder if name in made] or list(made),
        "url": output.url,
        **output.options,
    }


def _recording(day: Resolved, house: House) -> dict[str, Any] | None:
    """Which audience and which rendition is recorded: the best there is of those asked for."""
    output = next((output for output in day.outputs if output.kind == "record"), None)
    if output is None:
        return None
    best = sorted(house.ladder, key=lambda rendition: rendition.height, reverse=True)
    asked = [rendition.name for rendition in best if rendition.name in output.ladder]
    track = (asked or [rendition.name for rendition in best])[0]
    return {
        "audience": output.audience,
        "track": track,
        "clean_of": track if output.options.get("clean") else "",
        "each": output.options.get("each", "slot"),
        "keep_s": float(output.options.get("keep_s", 30 * 86400.0)),
    }
