"""The slate job: what must lie there before gate and programme start. Runs once, then exits.

    python -m orchestrator.programme.slate_job --live DIR --state DIR

Writes into `live/slate/`: `<track>.init` (the public init segments), `<track>.<j>` (one encoded
segment of slate per track, in parts stamped 0, which the gate re-stamps) and
`pictures/<source>.i420` (the slates as the compositor shows them). Everything is kept in
`state/slate-cache/`, by a hash of all it depends on: only the first start draws and encodes.
Pictures are drawn by child processes (resvg holds the interpreter's lock), renditions are encoded
by threads; both cores are busy.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import logging
import multiprocessing
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
import resvg_py

from orchestrator.bus import child
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.errors import OrchestratorError, StartError
from orchestrator.media import svg
from orchestrator.media.boxes import Sample, write_part
from orchestrator.media.codecs import AudioEncoder, VideoEncoder, fingerprint
from orchestrator.media.house import AUDIO_TRACK, House, Rendition
from orchestrator.media.picture import Planes, planes_of, planes_of_frame, rows, scale
from orchestrator.programme.setting import Setting, read_setting
from orchestrator.programme.slates import slate_svgs
from orchestrator.timing import Grid
from orchestrator.timing.grid import AAC_SAMPLES

log = logging.getLogger(__name__)

_KEPT_SLATES = 8
"""How many hashes the cache keeps; a rehearsed event changes its titles now and then."""


def slate_hash(house: House, svgs: dict[str, str]) -> str:
    """Names everything that init segments, slate parts and slate pictures depend on."""
    digest = hashlib.sha256(fingerprint(house).encode())
    digest.update(f"{resvg_py.__resvg_version__} {house.width}x{house.height}".encode())
    for source, text in sorted(svgs.items()):
        digest.update(f"\0{source}\0{text}".encode())
    return digest.hexdigest()[:24]


def draw_slate(item: tuple[str, str, int, int]) -> tuple[str, bytes]:
    """One slate as raw I420. Runs in a child process."""
    source, text, width, height = item
    drawn = svg.draw(text, width, height, source)
    if drawn.rgba.shape[:2] != (height, width):
        raise StartError(f"the template of {source} does not fill the picture")
    return source, b"".join(rows(svg.to_i420(drawn.rgba)))


def encode_slate(rendition: Rendition, grid: Grid, picture: Planes) -> dict[str, bytes]:
    """Init segment and one segment of slate, its parts stamped 0, by file name."""
    encoder = VideoEncoder(rendition, grid)
    frame = av.VideoFrame(rendition.width, rendition.height, "yuv420p")
    scale(picture, planes_of_frame(frame))
    samples = [
        Sample(packet.payload, grid.ticks_per_frame, packet.is_sync)
        for n in range(grid.segment_frames)
        for packet in encoder.encode(frame, n, idr=n == 0)
    ]
    files = {f"{rendition.name}.init": encoder.init}
    for j in range(grid.parts_per_segment):
        part = samples[j * grid.part_frames : (j + 1) * grid.part_frames]
        files[f"{rendition.name}.{j}"] = write_part(0, 1, 0, part)
    return files


def encode_silence(grid: Grid) -> dict[str, bytes]:
    """The same for the sound: one frame of silence, as often as a part needs it."""
    encoder = AudioEncoder()
    packets = encoder.encode(np.zeros((16 * AAC_SAMPLES, 2), np.float32))
    silence = Sample(bytes(packets[-1].payload), AAC_SAMPLES, is_sync=True)
    part = write_part(0, 1, 0, [silence] * grid.aac_per_part)
    files = {f"{AUDIO_TRACK}.{j}": part for j in range(grid.parts_per_segment)}
    return files | {f"{AUDIO_TRACK}.init": encoder.init}


def make_slate(house: House, svgs: dict[str, str], folder: Path) -> None:
    """Draw and encode everything into `folder`."""
    (folder / "pictures").mkdir(parents=True)
    items = [(source, text, house.width, house.height) for source, text in svgs.items()]
    event = items.pop(next(i for i, item in enumerate(items) if item[0] == "slate.event"))
    forked = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=forked) as drawers:
        drawn = drawers.map(draw_slate, items)  # the workers are forked here, before any thread
        source, raw = draw_slate(event)
        _write_picture(folder, source, raw)
        picture = planes_of(np.frombuffer(raw, np.uint8), house.width, house.height)
        with concurrent.futures.ThreadPoolExecutor(2) as encoders:
            jobs = [
                encoders.submit(encode_slate, rendition, house.grid, picture)
                for rendition in house.ladder
            ]
            jobs.append(encoders.submit(encode_silence, house.grid))
            for job in jobs:
                for name, data in job.result().items():
                    (folder / name).write_bytes(data)
        for source, raw in drawn:
            _write_picture(folder, source, raw)


def _write_picture(folder: Path, source: str, raw: bytes) -> None:
    (folder / "pictures" / f"{source}.i420").write_bytes(raw)


def lay_out(setting: Setting, tree: LiveTree, state: StateFolder) -> bool:
    """Fill `live/slate/` from the cache, making what is not there. True if it was there."""
    svgs = slate_svgs(setting.resolved)
    kept = state.slate_cache / slate_hash(setting.house, svgs)
    is_kept = kept.is_dir()
    if not is_kept:
        state.slate_cache.mkdir(parents=True, exist_ok=True)
        partial = kept.with_name(f".{kept.name}")
        shutil.rmtree(partial, ignore_errors=True)
        make_slate(setting.house, svgs, partial)
        partial.replace(kept)
    _forget_old(state.slate_cache, kept)
    (tree.slate / "pictures").mkdir(parents=True, exist_ok=True)
    for path in _files(kept):
        _copy_whole(path, tree.slate / path.relative_to(kept))
    return is_kept


def _copy_whole(source: Path, target: Path) -> None:
    """Readers of an old file keep the old one: a restarted gate reads while we write."""
    partial = target.with_name(f".{target.name}")
    shutil.copyfile(source, partial)
    partial.replace(target)


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _forget_old(cache: Path, kept: Path) -> None:
    kept.touch()
    folders = sorted(cache.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in folders[_KEPT_SLATES:]:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.programme.slate_job")
    parser.add_argument("--live", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    arguments = parser.parse_args()
    child.begin("slate")
    tree = LiveTree(arguments.live)
    try:
        was_kept = lay_out(read_setting(tree), tree, StateFolder(arguments.state))
    except (OrchestratorError, svg.TemplateBroken, OSError) as error:
        log.error("no slate could be made: %s", error)
        return 3
    log.info("slate laid out%s", " from the cache" if was_kept else "")
    return 0


if __name__ == "__main__":
    sys.exit(child.log_unhandled("slate", main))
