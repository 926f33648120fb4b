"""The ring between two objects of one process: what it gives, what it refuses, what it leaves."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest

from orchestrator.media.ring import (
    SLOTS,
    SOUND_SAMPLES,
    Planes,
    RingReader,
    RingWriter,
    remove_stale_ring,
)

W, H = 64, 36


def planes(value: int = 0) -> Planes:
    return (
        np.full((H, W), value, np.uint8),
        np.full((H // 2, W // 2), value, np.uint8),
        np.full((H // 2, W // 2), value, np.uint8),
    )


def writer(path: Path, session: int = 1) -> RingWriter:
    return RingWriter(path, W, H, session=session)


def ramp(first: int, count: int) -> np.ndarray:
    left = np.arange(first, first + count, dtype=np.float32)
    return np.stack([left, -left], axis=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "north.main.ring"


def test_a_reader_gets_the_newest_picture_due_and_never_a_newer_one(path: Path) -> None:
    ring, reader, out = writer(path), RingReader(path, W, H), planes()
    for n in (100, 103, 106):
        ring.put_picture(n, *planes(n))

    assert reader.picture(99, out) is None
    assert reader.picture(104, out) == 103
    assert {int(plane.min()) for plane in out} == {int(plane.max()) for plane in out} == {103}
    assert reader.picture(500, out) == 106
    assert reader.due(105) == 103
    assert reader.newest_n() == 106


def test_without_a_descriptor_there_is_no_picture_and_then_there_is(path: Path) -> None:
    ring, reader, out = writer(path), RingReader(path, W, H), planes()
    ring.put_picture(100, *planes(7))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))  # nothing more can be opened
    try:
        assert reader.picture(100, out) is None
        assert not reader.sound(0, 10, ramp(0, 10))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert reader.picture(100, out) == 100


def test_the_last_twelve_pictures_are_there(path: Path) -> None:
    ring, reader, out = writer(path), RingReader(path, W, H), planes()
    for n in range(100, 100 + SLOTS):
        ring.put_picture(n, *planes(1))
    assert reader.picture(100, out) == 100

    ring.put_picture(100 + SLOTS, *planes(1))
    assert reader.picture(100, out) is None
    assert reader.picture(101, out) == 101


def test_a_picture_on_air_stays_until_the_first_one_after_a_pause_is_due(path: Path) -> None:
    ring, reader, out = writer(path), RingReader(path, W, H), planes()
    for n in (100, 101, 113, 114, 125, 137):
        ring.put_picture(n, *planes(n))

    assert [reader.picture(n, out) for n in (101, 112, 113, 124, 136)] == [101, 101, 113, 114, 125]


def test_a_picture_put_in_twice_takes_one_slot_and_its_second_form(path: Path) -> None:
    ring, reader, out = writer(path), RingReader(path, W, H), planes()
    for n in [*range(100, 100 + SLOTS), 111, 111]:
        ring.put_picture(n, *planes(n))
    ring.put_picture(111, *planes(7))

    assert reader.picture(100, out) == 100
    assert reader.picture(111, out) == 111
    assert int(out[0][0, 0]) == 7


def test_planes_of_any_strides_go_in(path: Path) -> None:
    ring, reader, out = writer(path), RingReader(path, W, H), planes()
    wide = np.arange(H * W * 2, dtype=np.uint32).astype(np.uint8).reshape(H, W * 2)
    y, (_, u, v) = wide[:, ::2], planes(5)

    ring.put_picture(7, y, u, v)

    assert reader.picture(7, out) == 7
    assert np.array_equal(out[0], y)


def test_a_slot_whose_writer_died_in_the_middle_is_passed_over(path: Path) -> None:
    ring, reader, out = writer(path), RingReader(path, W, H), planes()
    ring.put_picture(100, *planes(1))
    with pytest.raises(ValueError, match="broadcast"):
        ring.put_picture(101, np.zeros((3, 3), np.uint8), *planes()[1:])

    assert reader.picture(101, out) == 100

    ring.put_picture(101, *planes(2))
    assert reader.picture(101, out) == 101


def test_a_new_session_takes_over_with_its_first_picture_and_the_old_map_is_let_go(
    path: Path,
) -> None:
    old, reader, out = writer(path, 1), RingReader(path, W, H), planes()
    old.put_picture(100, *planes(1))
    assert reader.picture(200, out) == 100

    new = writer(path, 2)
    old.close(keep=True)
    assert reader.picture(200, out) == 100
    assert reader.session == 1

    new.put_picture(50, *planes(2))
    assert reader.picture(200, out) == 50
    assert reader.session == 2
    maps = Path("/proc/self/maps").read_text().splitlines()
    assert [line for line in maps if line.endswith(f"{path} (deleted)")] == []


def test_a_closed_ring_leaves_no_file_and_no_pictures(path: Path) -> None:
    ring, reader, out = writer(path), RingReader(path, W, H), planes()
    ring.put_picture(100, *planes())
    assert reader.picture(100, out) == 100

    ring.close()

    assert reader.picture(100, out) is None
    assert not reader.sound(0, 1, np.zeros((1, 2), np.float32))
    assert list(path.parent.iterdir()) == []


def test_a_ring_closed_before_its_first_picture_was_never_seen(path: Path) -> None:
    first = writer(path, 1)
    first.put_picture(1, *planes(1))
    second = writer(path, 2)

    second.close()

    assert list(path.parent.iterdir()) == [path]
    assert RingReader(path, W, H).picture(1, planes()) == 1


def test_an_old_writer_does_not_remove_its_successors_file(path: Path) -> None:
    first, second = writer(path, 1), None
    first.put_picture(1, *planes(1))
    second = writer(path, 2)
    second.put_picture(2, *planes(2))

    first.close()

    assert RingReader(path, W, H).picture(9, planes()) == 2


def test_a_ring_of_another_size_has_no_pictures(path: Path) -> None:
    writer(path).put_picture(1, *planes())

    assert RingReader(path, W * 2, H * 2).picture(1, planes()) is None
    assert RingReader(path, W // 2, H * 2).picture(1, planes()) is None


def test_no_room_is_an_error_at_open_and_leaves_nothing(path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))  # the kernel refuses, as when full
    try:
        with pytest.raises(OSError, match="too large"):
            writer(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert list(path.parent.iterdir()) == []


def test_sound_comes_back_as_it_went_in_also_across_the_end_of_the_ring(path: Path) -> None:
    ring, reader = writer(path), RingReader(path, W, H)
    first = SOUND_SAMPLES * 10 - 700
    for at in range(first, first + 3000, 500):
        ring.put_sound(at, ramp(at % 1000, 500))
    out = np.zeros((1600, 2), np.float32)

    assert reader.sound(first + 100, 1600, out)
    assert np.array_equal(out[:400], ramp(first % 1000, 500)[100:])
    assert not reader.sound(first - 1, 10, out)
    assert not reader.sound(first + 2999, 2, out)


def test_sound_older_than_the_ring_is_gone(path: Path) -> None:
    ring, reader, out = writer(path), RingReader(path, W, H), np.zeros((100, 2), np.float32)
    ring.put_sound(1000, ramp(0, SOUND_SAMPLES))
    assert reader.sound(1000, 100, out)

    ring.put_sound(1000 + SOUND_SAMPLES, ramp(0, 10))

    assert not reader.sound(1000, 100, out)
    assert reader.sound(1010, 100, out)


def test_a_hole_in_the_sound_is_silence_and_not_what_lay_there_before(path: Path) -> None:
    ring, reader, out = writer(path), RingReader(path, W, H), np.zeros((300, 2), np.float32)
    ring.put_sound(1000, np.ones((SOUND_SAMPLES, 2), np.float32))
    end = 1000 + SOUND_SAMPLES

    ring.put_sound(end + 100, np.ones((100, 2), np.float32))

    assert reader.sound(end - 100, 300, out)
    assert out[:, 0].tolist() == [1.0] * 100 + [0.0] * 100 + [1.0] * 100


def test_a_jump_of_the_sound_begins_anew(path: Path) -> None:
    ring, reader, out = writer(path), RingReader(path, W, H), np.zeros((10, 2), np.float32)
    ring.put_sound(10_000_000, ramp(0, 100))

    ring.put_sound(5_000, ramp(0, 100))

    assert reader.sound(5_000, 10, out)
    assert not reader.sound(4_999, 10, out)
    assert not reader.sound(10_000_000, 10, out)


def test_what_a_dead_session_left_is_removed_once_it_is_old(path: Path) -> None:
    writer(path).put_picture(100, *planes())
    writer(path)

    assert not remove_stale_ring(path, W, H, older_than_n=100)
    assert list(path.parent.iterdir()) == [path]
    assert remove_stale_ring(path, W, H, older_than_n=101)
    assert list(path.parent.iterdir()) == []
    assert remove_stale_ring(path, W, H, older_than_n=101)
