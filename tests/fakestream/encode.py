"""Encodes what the fake programme shows: one segment, begun at each of its parts, and a slate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from orchestrator.bus.tree import LiveTree
from orchestrator.media.boxes import Sample, write_part
from orchestrator.media.codecs import AudioEncoder, Packet, VideoEncoder
from orchestrator.media.house import AUDIO_TRACK, House, Rendition
from orchestrator.timing.grid import AAC_SAMPLES, AUDIO_RATE, Grid

Picture = Callable[[int, int, int], np.ndarray]


def programme_picture(i: int, width: int, height: int) -> np.ndarray:
    """A bright bar that goes across a gradient once a segment."""
    y = np.tile(np.linspace(60, 180, width, dtype=np.uint8), (height, 1))
    x = i * width // 64
    y[:, x : x + width // 16] = 230
    if height >= 360:  # noise, so that a larger rendition really takes more bits
        y ^= np.random.default_rng(i).integers(0, 16, (height, width), np.uint8)
    return y


def slate_picture(i: int, width: int, height: int) -> np.ndarray:
    """Calm and dark, so that a screenshot tells it apart."""
    return np.full((height, width), 40 + i // 8, np.uint8)


def encode_all(tree: LiveTree, house: House) -> None:
    """Write `slate/<track>.init`, `slate/<track>.<j>` and `fake/<track>.<first part>.<j>`."""
    fake = tree.root / "fake"
    fake.mkdir(exist_ok=True)
    for rendition in house.ladder:
        init, parts = encode_video(rendition, house.grid, slate_picture, 0)
        (tree.slate / f"{rendition.name}.init").write_bytes(init)
        _write(tree.slate / rendition.name, parts)
        for first in range(house.grid.parts_per_segment):
            _, parts = encode_video(rendition, house.grid, programme_picture, first)
            _write(fake / f"{rendition.name}.{first}", parts)
    init, silence = encode_sound(house.grid, hertz=0)
    (tree.slate / f"{AUDIO_TRACK}.init").write_bytes(init)
    _write(tree.slate / AUDIO_TRACK, silence)
    _write(fake / f"{AUDIO_TRACK}.0", encode_sound(house.grid, hertz=375)[1])


def _write(stem: Path, parts: list[bytes]) -> None:
    for j, part in enumerate(parts):
        stem.with_name(f"{stem.name}.{j}").write_bytes(part)


def encode_video(
    rendition: Rendition, grid: Grid, picture: Picture, first_part: int
) -> tuple[bytes, list[bytes]]:
    """One segment with an IDR at its start, or only from `first_part` on (then as its IDR)."""
    encoder = VideoEncoder(rendition, grid)
    packets: list[Packet] = []
    for n in range(first_part * grid.part_frames, grid.segment_frames):
        y = picture(n, rendition.width, rendition.height)
        rest = np.full((rendition.height // 2, rendition.width), 128, np.uint8)
        frame = av.VideoFrame.from_ndarray(np.concatenate((y, rest)), format="yuv420p")
        packets += encoder.encode(frame, n, idr=n == first_part * grid.part_frames)
    encoder.close()
    parts = [b""] * first_part
    for at in range(0, len(packets), grid.part_frames):
        parts.append(
            write_part(
                0,
                1,
                0,
                [
                    Sample(packet.payload, grid.ticks_per_frame, packet.is_sync)
                    for packet in packets[at : at + grid.part_frames]
                ],
            )
        )
    return encoder.init, parts


def encode_sound(grid: Grid, *, hertz: int) -> tuple[bytes, list[bytes]]:
    """One segment of a tone that fits into it exactly, or of silence."""
    count = grid.aac_per_part * grid.parts_per_segment
    encoder = AudioEncoder()
    t = np.arange((count + 8) * AAC_SAMPLES) / AUDIO_RATE
    tone = (0.1 * np.sin(2 * np.pi * hertz * t)).astype(np.float32)
    packets = encoder.encode(np.stack((tone, tone), axis=1))[4 : 4 + count]
    encoder.close()
    samples = [Sample(packet.payload, AAC_SAMPLES, True) for packet in packets]
    return encoder.init, [
        write_part(0, 1, 0, samples[at : at + grid.aac_per_part])
        for at in range(0, count, grid.aac_per_part)
    ]
