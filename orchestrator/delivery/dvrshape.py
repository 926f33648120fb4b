"""Which stream a DVR belongs to: its writer and its reader work it out alike."""

from __future__ import annotations

import hashlib

from orchestrator.bus.dvr import GROUP, Shape
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.stream import Stream


def shape_of(tree: LiveTree, stream: Stream) -> Shape:
    """Raises OSError if the slate job has not laid out the init segments."""
    digest = hashlib.sha256()
    for track in stream.tracks:
        digest.update(track.encode() + b"\0" + (tree.slate / f"{track}.init").read_bytes())
    grid = stream.grid
    digest.update(f"{grid} {stream.public_audience} {GROUP}".encode())
    return Shape(
        stream.event,
        digest.hexdigest()[:16],
        grid.fps,
        grid.part_frames,
        grid.segment_frames,
        stream.tracks,
    )
