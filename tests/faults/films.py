"""What strange encoders send: a simulated site's film, made over as 1080i, in 10 bits, in 5.1, …

Made once per machine by ffmpeg from the film of a normal site; the strip tells the frame and the
beep the sound, whatever was done to them. All are MPEG-TS.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import imageio_ffmpeg
from faults.station import Film

from orchestrator.rehearsal import loops
from orchestrator.rehearsal.picture import Contribution

_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-threads", "1", "-g", "60")
_INTERLACED = "scale=1920:1080,fps=60,tinterlace=interleave_top"
STRANGE: dict[str, tuple[str, ...]] = {
    "25 fps": ("-r", "25"),
    "59.94 fps": ("-r", "60000/1001"),
    # every second is sure to keep its first picture, which flashes
    "variable fps": ("-vf", "select=not(mod(n\\,30))+gt(random(1)\\,0.5)", "-fps_mode", "vfr"),
    "1080i": ("-vf", _INTERLACED, "-flags", "+ildct+ilme", "-x264-params", "tff=1"),
    "anamorphic": ("-vf", "scale=240:180,setsar=4/3"),
    "10 bit": ("-pix_fmt", "yuv420p10le", "-profile:v", "high10"),
    "44.1 kHz mono": ("-ac", "1", "-ar", "44100"),
    "5.1": ("-ac", "6", "-channel_layout", "5.1"),
    "other size": ("-vf", "scale=640:360"),
    "one keyframe": ("-g", "9999", "-x264-params", "scenecut=0"),
}
LONG = {"one keyframe": 4}
"""Films of so many rounds."""


def normal(number: int, feed: str, cache: Path) -> Film:
    one = Contribution(number, feed, "Oslo", feed)
    ((_, path),) = loops.loops([one], loops.SMALL, cache, os.cpu_count() or 1)
    return Film(path, loops.SMALL.seconds)


def strange(film: Film, how: str) -> Film:
    """`film` as an encoder of that kind would have sent it."""
    rounds = LONG.get(how, 1)
    name = "".join(c if c.isalnum() else "-" for c in how)
    path = film.path.with_name(f"{film.path.stem}.{name}.ts")
    if not path.exists():
        partial = path.with_suffix(".part")
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-nostdin"]
        command += ["-stream_loop", str(rounds - 1), "-i", str(film.path), *_X264]
        command += ["-c:a", "aac", *STRANGE[how], "-f", "mpegts", str(partial)]
        subprocess.run(command, check=True, timeout=120)
        partial.replace(path)
    return Film(path, film.seconds * rounds)
