"""Reads 50,000 pictures at 720p from a ring whose writer is killed all the time; counts torn ones.

    python tests/bench/ring_torn.py [READS]

The writer paints every picture in one value made from (session, frame) and writes as fast as it
can, which is far harder on the ring than 30 pictures a second.
"""

from __future__ import annotations

import itertools
import multiprocessing
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from orchestrator.media.ring import Planes, RingReader, RingWriter, remove_stale_ring

W, H = 1280, 720
READS_PER_LIFE = 1_000


def value_of(session: int, n: int) -> int:
    return (session * 101 + n * 7) % 251


def planes(value: int = 0) -> Planes:
    return (
        np.full((H, W), value, np.uint8),
        np.full((H // 2, W // 2), value, np.uint8),
        np.full((H // 2, W // 2), value, np.uint8),
    )


def write_for_ever(path: Path, session: int) -> None:
    ring = RingWriter(path, W, H, session=session)
    out = planes()
    for n in itertools.count(session * 1_000_000):
        for plane in out:
            plane[...] = value_of(session, n)
        ring.put_picture(n, *out)


def main(reads: int) -> int:
    dice = random.Random(1)
    fork = multiprocessing.get_context("fork")
    torn = older = kills = done = 0
    copy_ns = 0
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder) / "bench.ring"
        reader, out = RingReader(path, W, H), planes()
        for session in itertools.count(1):
            child = fork.Process(target=write_for_ever, args=(path, session))
            child.start()
            seen = 0
            left = min(dice.randrange(1, 2 * READS_PER_LIFE), reads - done)
            while left:
                before = time.perf_counter_ns()
                n = reader.picture(2**60, out)
                copy_ns += time.perf_counter_ns() - before
                if n is None or reader.session is None:
                    continue
                older += reader.session < seen
                seen = reader.session
                value = value_of(seen, n)
                torn += any(bool((plane != value).any()) for plane in out)
                done, left = done + 1, left - 1
            child.kill()
            child.join()
            kills += 1
            if done == reads:
                break
        reader.close()
        remove_stale_ring(path, W, H, older_than_n=2**60)
        leftovers = len(list(Path(folder).iterdir()))
    print(
        f"{done} reads of {W}x{H} across {kills} kill -9: {torn} torn, {older} of an older"
        f" session, {leftovers} files left; {copy_ns / done / 1e6:.3f} ms a read"
    )
    return 1 if torn or older or leftovers else 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000))
