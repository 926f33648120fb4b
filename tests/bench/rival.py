"""The rival: one ffmpeg command that makes the same programme from the same SRT streams.

It listens on the same addresses, decodes every contribution's picture and sound, puts the second
picture into the first one's corner, mixes their sound, and encodes the ladder with the options of
`orchestrator/media/codecs.py` into HLS with fMP4 segments on tmpfs. Everything in which there is a
choice is chosen to cost it the least: one thread in each decoder, encoder and filter, a null
output for what is only decoded, no graphics, no limiter, no loudness or health measured, whole
segments in place of parts.
"""

from __future__ import annotations

import io
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import av
import imageio_ffmpeg
from bench.usage import cpu_s

from orchestrator.media.codecs import audio_options, video_options
from orchestrator.media.house import House
from orchestrator.media.picture import planes_of_frame
from orchestrator.rehearsal import strip
from orchestrator.rehearsal.sites import Leg

INSET = (0.70, 0.66, 0.27)
"""x, y and size of the corner picture: layout `pip`."""


class Made(NamedTuple):
    """How many pictures of the programme have been made, and the CPU they took, by process."""

    frames: int
    cpu_s: Counter[str]
    at_s: float


def version() -> str:
    said = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-version"], capture_output=True, text=True, check=True
    )
    return said.stdout.split()[2]


def from_network(legs: Sequence[Leg]) -> list[list[str]]:
    """The input options of every contribution, over SRT."""
    return [["-f", "mpegts", "-i", f"{leg.listener}&latency=120000"] for leg in legs]


def from_disk(films: Sequence[Path]) -> list[list[str]]:
    """The same streams as files, round and round, as fast as they can be read."""
    return [["-stream_loop", "-1", "-f", "mpegts", "-i", str(film)] for film in films]


def command(
    inputs: Sequence[Sequence[str]], house: House, folder: Path, *, is_house_size: bool
) -> list[str]:
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-y"]
    words += ["-loglevel", "error", "-progress", "pipe:1", "-stats_period", "0.2"]
    words += ["-filter_complex_threads", "1"]
    for one in inputs:
        words += ["-threads", "1", "-probesize", "200000", "-analyzeduration", "500000", *one]
    words += ["-filter_complex", _graph(house, is_house_size=is_house_size)]
    words += encoding(house, folder)
    for i in range(2, len(inputs)):
        words += ["-map", f"{i}:v", "-map", f"{i}:a", "-fps_mode", "passthrough"]
        words += ["-c:v", "wrapped_avframe", "-c:a", "pcm_f32le", "-f", "null", "-"]
    return words


def encoding(house: House, folder: Path) -> list[str]:
    """`[v0]`, `[v1]` … and `[a]` of a filter graph into the ladder, as the house encodes it."""
    words: list[str] = []
    for i, rendition in enumerate(house.ladder):
        words += ["-map", f"[v{i}]", f"-c:v:{i}", "libx264", f"-threads:v:{i}", "1"]
        for name, value in video_options(rendition).items():
            words += [f"-{name}:v:{i}", value]
    every = f"expr:not(mod(n,{house.grid.segment_frames}))"
    words += ["-force_key_frames:v", every, "-map", "[a]", "-c:a", "aac"]
    for name, value in audio_options().items():
        words += [f"-{name}:a", value]
    renditions = [f"v:{i},agroup:a,name:{r.name}" for i, r in enumerate(house.ladder)]
    segment_s = house.grid.segment_frames / house.grid.fps
    words += ["-f", "hls", "-hls_time", f"{segment_s:.4f}", "-hls_list_size", "140"]
    words += ["-hls_segment_type", "fmp4", "-hls_flags", "delete_segments+independent_segments"]
    words += ["-var_stream_map", " ".join([*renditions, "a:0,agroup:a,default:yes,name:a"])]
    words += ["-master_pl_name", "index.m3u8"]
    return [*words, "-hls_segment_filename", f"{folder}/%v/%d.m4s", f"{folder}/%v/live.m3u8"]


def _graph(house: House, *, is_house_size: bool) -> str:
    x, y, size = INSET
    inset_w, inset_h = (round(size * side / 2) * 2 for side in (house.width, house.height))
    main = "null" if is_house_size else f"scale={house.width}:{house.height}:flags=bilinear"
    at = f"{round(x * house.width / 2) * 2}:{round(y * house.height / 2) * 2}"
    return ";".join(
        (
            f"[0:v]{main}[main]",
            f"[1:v]scale={inset_w}:{inset_h}:flags=bilinear[inset]",
            f"[main][inset]overlay={at},fps={house.grid.fps}[programme]",
            renditions(house, "[programme]"),
            "[0:a][1:a]amix=inputs=2:weights=1 0.5:normalize=0[a]",
        )
    )


def renditions(house: House, source: str) -> str:
    """`source` in every size of the ladder: `[v0]`, `[v1]` …"""
    outs = "".join(f"[p{i}]" for i in range(len(house.ladder)))
    lines = [f"{source}split={len(house.ladder)}{outs}"]
    for i, rendition in enumerate(house.ladder):
        is_same = rendition.height == house.height
        size = f"{rendition.width}:{rendition.height}"
        scaled = "null" if is_same else f"scale={size}:flags=bilinear"
        lines.append(f"[p{i}]{scaled}[v{i}]")
    return ";".join(lines)


class Rival:
    """A running one. The CPU of `others` (pid and name), which work for it, counts as its own."""

    def __init__(
        self, process: subprocess.Popen[bytes], log: Path, others: Mapping[int, str] | None = None
    ) -> None:
        self._process = process
        self._names = {process.pid: "ffmpeg", **(others or {})}
        self._log = log
        self._reports = self._read()

    def next(self) -> Made:
        """Wait for its next report."""
        return next(self._reports)

    def _read(self) -> Iterator[Made]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            name, _, value = line.partition(b"=")
            if name == b"frame":
                spent: Counter[str] = Counter()
                for pid, role in self._names.items():
                    spent[role] += cpu_s(pid)
                yield Made(int(value), spent, time.monotonic())
        raise AssertionError(f"ffmpeg ended: {self._log.read_text()[-2000:]}")

    def complaints(self) -> int:
        return len(self._log.read_text(errors="replace").splitlines())


def sites_shown(folder: Path, house: House) -> set[tuple[int, ...]]:
    """Which site stood in the picture and which in its corner, in its newest whole segments."""
    name = min(house.ladder, key=lambda rendition: rendition.height).name
    segments = sorted((folder / name).glob("*.m4s"), key=lambda path: int(path.stem))[-3:-1]
    init = next((folder / name).glob("init*.mp4"))
    body = b"".join(path.read_bytes() for path in (init, *segments))
    found = set()
    with av.open(io.BytesIO(body), "r", format="mp4") as container:
        for frame in container.decode(video=0):
            luma = planes_of_frame(frame)[0]
            strips = strip.read(luma), strip.read(luma, (*INSET, INSET[2]))
            found.add(tuple(one.site if one else 0 for one in strips))
    return found


def make_folders(house: House, folder: Path) -> None:
    for name in house.tracks():
        (folder / name).mkdir(parents=True, exist_ok=True)


@contextmanager
def rival(
    inputs: Sequence[Sequence[str]], house: House, folder: Path, *, is_house_size: bool
) -> Iterator[Rival]:
    make_folders(house, folder)
    log = folder / "ffmpeg.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            command(inputs, house, folder, is_house_size=is_house_size),
            stdout=subprocess.PIPE,
            stderr=said,
            env={"PATH": os.environ.get("PATH", "")},
        )
    try:
        yield Rival(process, log)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
