"""The ring between two processes, one of which is killed at random moments, again and again."""

from __future__ import annotations

import itertools
import multiprocessing
import random
from pathlib import Path

import numpy as np

from orchestrator.media.ring import Planes, RingReader, RingWriter, remove_stale_ring

W, H = 320, 180
KILLS = 44


def value_of(session: int, n: int) -> int:
    return (session * 101 + n * 7) % 251


def write_for_ever(path: Path, session: int, first_n: int) -> None:
    ring = RingWriter(path, W, H, session=session)
    for n in itertools.count(first_n):
        value = value_of(session, n)
        ring.put_picture(
            n,
            np.full((H, W), value, np.uint8),
            np.full((H // 2, W // 2), value, np.uint8),
            np.full((H // 2, W // 2), value, np.uint8),
        )
        ring.put_sound(n * 1600, np.full((1600, 2), float(value), np.float32))


def planes() -> Planes:
    return (
        np.zeros((H, W), np.uint8),
        np.zeros((H // 2, W // 2), np.uint8),
        np.zeros((H // 2, W // 2), np.uint8),
    )


def test_no_kill_leaves_a_torn_picture_or_one_of_an_older_session(tmp_path: Path) -> None:
    path, fork, dice = tmp_path / "a.ring", multiprocessing.get_context("fork"), random.Random(7)
    reader, out, sound = RingReader(path, W, H), planes(), np.zeros((1600, 2), np.float32)
    torn = older = pictures = sounds = 0

    for session in range(1, KILLS + 1):
        child = fork.Process(target=write_for_ever, args=(path, session, session * 1000))
        child.start()
        newest_session, wanted = 0, dice.randrange(1, 120)
        while wanted:
            n = reader.picture(2**60, out)
            if n is None or reader.session is None:
                continue
            older += reader.session < newest_session
            newest_session = reader.session
            if newest_session < session:
                continue
            wanted -= 1
            pictures += 1
            value = value_of(session, n)
            torn += any(int(p.min()) != value or int(p.max()) != value for p in out)
            if reader.sound((n - 3) * 1600, 1600, sound):
                sounds += 1
                value = value_of(session, n - 3)
                torn += float(sound.min()) != value or float(sound.max()) != value
        child.kill()
        child.join()
        left = reader.picture(2**60, out)
        assert left is not None
        torn += int(out[0].min()) != value_of(session, left)
    reader.close()

    assert (torn, older) == (0, 0)
    assert pictures > KILLS
    assert sounds > KILLS
    assert remove_stale_ring(path, W, H, older_than_n=2**60)
    assert list(tmp_path.iterdir()) == []
