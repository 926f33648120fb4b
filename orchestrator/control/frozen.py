"""What is told of a picture that stands: since when, and whether encoder or scene stands. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def frozen_since_n(page: Mapping[str, Any], n: int, judged_n: int) -> int:
    """When the picture last moved; when it was judged dead if its process does not say."""
    age = page.get("moved_age_frames")
    return n - age if isinstance(age, int) else judged_n


def verdict_of(page: Mapping[str, Any]) -> str:
    """A camera before a still scene makes noise; an encoder that repeats a picture makes none.
    Empty if nobody measured it."""
    noise = page.get("noise")
    if not isinstance(noise, int | float):
        return ""
    return "the encoder is frozen" if noise == 0 else "the scene is still, the camera is not"
