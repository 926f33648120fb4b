"""Ours against voctomix 1.3 (Debian's voctomix-core) mixing the same two or thirteen SRT sites,
with ffmpeg before it and behind it, since it neither decodes nor encodes.

As its manual has it: an ffmpeg per source decodes SRT and hands raw pictures and sound to voctocore
over TCP; voctocore composes picture in picture and mixes the sound; a third ffmpeg takes its raw
mix and encodes the ladder with the same x264 options, into HLS. Previews, mirrors and the stream
blanker, which it could do without, are off. All of them count. Ours counts everything: gate,
origin, control and the rest too. voctomix has no source that is not decoded: with thirteen sites
it takes thirteen raw pictures, of which two are mixed, as ours does.

    apt-get install voctomix-core;   BENCH_ROUNDS (3), BENCH_SECONDS (60)
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import imageio_ffmpeg
from bench import events, rival
from bench.rival import Rival
from bench.table import Row
from bench.thirteen import FILMS, ROUNDS, Contest, house_of, measured, ours_of, rows, say
from harness.run import ROOT, Sites, until

from orchestrator.media.house import House
from orchestrator.rehearsal.sites import Leg

GOAL = 0.6
_FIRST_PORT, _MIX_PORT, _CONTROL_PORT = 10_000, 11_000, 9_999  # it knows no others
_CONFIG = """\
[mix]
videocaps = video/x-raw,format=I420,width={w},height={h},framerate={fps}/1,pixel-aspect-ratio=1/1,\
interlace-mode=progressive
audiocaps = audio/x-raw,format=S16LE,channels=2,layout=interleaved,rate=48000
sources = {sources}
audiostreams = 1
[picture-in-picture]
pipsize = {pip_w}x{pip_h}
pipcrop = 0/0/0/0
pippos = {pip_x}/{pip_y}
[previews]
enabled = false
[stream-blanker]
enabled = false
[mirrors]
enabled = false
"""
_SOURCE = """\
[source.{name}]
kind = tcp
deinterlace = no
volume = {volume}
"""


def measure(feeds: int) -> list[Row]:
    contest = Contest(
        f"CPU of everything, {feeds} SRT sites at 720p30, against voctomix with ffmpeg", GOAL, feeds
    )
    voctocore = shutil.which("voctocore")
    if voctocore is None:
        why = "voctocore is not installed: apt-get install voctomix-core"
        return [Row(contest.figure, f"≤ {GOAL} ×", why, False)]
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/dev/shm") as scratch:
        folder = Path(scratch)
        event = events.write(folder / "sites.yaml", contest.feeds)
        sites = Sites(event, folder, ROOT / "build" / "rehearsal", FILMS[720])
        house = house_of(sites)
        ours, theirs = [], []
        with sites.pushers:
            for i in range(ROUNDS):
                ours.append(ours_of(contest, sites, event, folder / f"ours{i}"))
                say(f"ours {i + 1}", ours[-1])
                place = folder / f"theirs{i}"
                with _voctomix(voctocore, list(sites.legs.values()), house, place) as other:
                    theirs.append(measured(other, house, place, "voctomix"))
                say(f"voctomix {i + 1}", theirs[-1])
    return rows(contest.figure, GOAL, ours, theirs, "voctomix 1.3 with ffmpeg")


@contextmanager
def _voctomix(voctocore: str, legs: list[Leg], house: House, folder: Path) -> Iterator[Rival]:
    rival.make_folders(house, folder)
    config = folder / "voctocore.ini"
    config.write_text(_config(house, len(legs)))
    log = folder / "voctomix.log"
    with ExitStack() as running, log.open("wb") as said:

        def start(words: list[str], out: int) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                words, stdout=out, stderr=said, env={"PATH": os.environ.get("PATH", "")}
            )
            running.callback(process.wait)
            running.callback(process.kill)
            return process

        core = start([voctocore, "-i", str(config)], subprocess.DEVNULL)
        source_ports = range(_FIRST_PORT, _FIRST_PORT + len(legs))
        _wait_for_ports((*source_ports, _MIX_PORT, _CONTROL_PORT), core, log)
        sources = [
            start(_ingest(leg, port, house), subprocess.DEVNULL)
            for leg, port in zip(legs, source_ports, strict=True)
        ]
        _say_to_it("set_videos_and_composite cam1 cam2 picture_in_picture")
        encoder = start(_encode(house, folder), subprocess.PIPE)
        names = {core.pid: "voctocore"} | {source.pid: "ingest" for source in sources}
        yield Rival(encoder, log, names)


def _config(house: House, feeds: int) -> str:
    names = [f"cam{i + 1}" for i in range(feeds)]
    volumes = [1.0, 0.5, *[0.0] * feeds]
    x, y, size = rival.INSET
    width, height = (round(size * side / 2) * 2 for side in (house.width, house.height))
    left, top = round(x * house.width / 2) * 2, round(y * house.height / 2) * 2
    sources = "".join(
        _SOURCE.format(name=name, volume=volume)
        for name, volume in zip(names, volumes, strict=False)
    )
    return sources + _CONFIG.format(
        sources=",".join(names),
        w=house.width, h=house.height, fps=house.grid.fps,
        pip_w=width, pip_h=height, pip_x=left, pip_y=top,
    )  # fmt: skip


def _ingest(leg: Leg, port: int, house: House) -> list[str]:
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error"]
    words += ["-threads", "1", "-probesize", "200000", "-analyzeduration", "500000"]
    words += ["-f", "mpegts", "-i", f"{leg.listener}&latency=120000", "-map", "0:v", "-map", "0:a"]
    words += ["-r", str(house.grid.fps), "-pix_fmt", "yuv420p", "-c:v", "rawvideo"]
    words += ["-c:a", "pcm_s16le", "-ar", "48000", "-ac", "2"]
    return [*words, "-f", "matroska", f"tcp://127.0.0.1:{port}"]


def _encode(house: House, folder: Path) -> list[str]:
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-y"]
    words += ["-loglevel", "error", "-progress", "pipe:1", "-stats_period", "0.2"]
    words += ["-filter_complex_threads", "1", "-threads", "1"]
    words += ["-f", "matroska", "-i", f"tcp://127.0.0.1:{_MIX_PORT}"]
    graph = f"{rival.renditions(house, '[0:v]')};[0:a]anull[a]"
    return [*words, "-filter_complex", graph, *rival.encoding(house, folder)]


def _wait_for_ports(ports: tuple[int, ...], core: subprocess.Popen[bytes], log: Path) -> None:
    listening = {f":{port:04X}" for port in ports}

    def is_up() -> bool:
        assert core.poll() is None, log.read_text(errors="replace")[-2000:]
        lines = [
            line.split()
            for table in ("tcp", "tcp6")
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        ]
        bound = {words[1][-5:] for words in lines if words[3] == "0A"}  # LISTEN
        return listening <= bound

    until("voctocore listens", is_up, 20)


def _say_to_it(words: str) -> None:
    with socket.create_connection(("127.0.0.1", _CONTROL_PORT), 5) as control:
        control.sendall(words.encode() + b"\n")
        control.settimeout(5)
        answer = control.recv(4096)
    assert not answer.startswith(b"error"), answer
