"""How long a clip on this machine is. Opens the file, decodes nothing."""

from __future__ import annotations

from pathlib import Path

import av

from orchestrator.errors import FeedBroken


def clip_frames(path: Path, fps: int) -> int | None:
    """Length in frames of the programme; None if the file does not say.

    Raises FeedBroken, with a sentence, if it is no film at all.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video and not container.streams.audio:
                raise FeedBroken(f"{path.name} holds neither picture nor sound")
            if container.duration is None:
                return None
            return round(container.duration * fps / av.time_base)
    except av.error.FFmpegError as error:
        raise FeedBroken(f"{path.name} cannot be read: {error.strerror}") from error
