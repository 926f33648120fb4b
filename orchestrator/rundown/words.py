"""Lengths and texts as people read them. Pure.

`written` is how a producer writes a length in the file (`1h30m`, `12f`), `spoken` how a sentence
says it (`6 h 42`, `12 min`), `running` how a clock shows it (`12:00`, `1:02:00`).
"""

from __future__ import annotations

from orchestrator.rundown.plan import Text


def written(frames: int, fps: int) -> str:
    if frames < 0:
        return "-" + written(-frames, fps)
    seconds, odd = divmod(frames, fps)
    if odd:
        return f"{frames}f"
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    if not hours and left and minutes < 2:
        return f"{seconds}s"
    parts = ((hours, "h"), (minutes, "m"), (left, "s"))
    return "".join(f"{value}{unit}" for value, unit in parts if value) or "0s"


def spoken(frames: int, fps: int) -> str:
    seconds = -(-frames // fps)
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    if hours and not left:
        return f"{hours} h {minutes:02}" if minutes else f"{hours} h"
    parts = ((hours, "h"), (minutes, "min"), (left, "s"))
    return " ".join(f"{value} {unit}" for value, unit in parts if value) or "0 s"


def running(frames: int, fps: int) -> str:
    if frames < 0:
        return "−" + running(-frames, fps)
    hours, rest = divmod(frames // fps, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def said(text: Text, *languages: str) -> str:
    """`text` in the first of `languages` it has (`fr` also for `fr-BE`), else as it comes."""
    for language in languages:
        for tag in (language, language.split("-")[0]):
            if tag in text:
                return text[tag]
    return next(iter(text.values()), "")
