"""ISO/IEC 14496-12: what we write, byte by byte, and what we read back."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.media.boxes import (
    PartHead,
    Sample,
    begins_with_sync,
    codec_string,
    durations,
    read_part,
    restamp,
    walk,
    write_part,
)

samples = st.lists(
    st.builds(Sample, st.binary(max_size=40), st.integers(1, 2**32 - 1), st.booleans()),
    min_size=1,
    max_size=40,
)
ticks = st.integers(0, 2**64 - 1)


def test_a_part_of_two_pictures_has_exactly_these_boxes() -> None:
    part = write_part(7, 1, 0x123456789, [Sample(b"IDR!", 3000, True), Sample(b"p", 3000, False)])

    assert [(box.path, box.start, box.end) for box in walk(part)] == [
        ("moof", 0, 112),
        ("moof/mfhd", 8, 24),
        ("moof/traf", 24, 112),
        ("moof/traf/tfhd", 32, 48),
        ("moof/traf/tfdt", 48, 68),
        ("moof/traf/trun", 68, 112),
        ("mdat", 112, 125),
    ]
    assert part[48:68] == bytes.fromhex("00000014" + b"tfdt".hex() + "01000000 0000000123456789")
    assert part[68:112] == bytes.fromhex(
        "0000002c" + b"trun".hex() + "00000701 00000002 00000078"
        "00000bb8 00000004 02000000"
        "00000bb8 00000001 01010000"
    )
    assert part[120:] == b"IDR!p"


@given(st.integers(0, 2**40), ticks, samples)
def test_a_part_reads_back_as_it_was_written(
    sequence: int, tfdt: int, written: list[Sample]
) -> None:
    part = write_part(sequence, 1, tfdt, written)

    assert read_part(part) == PartHead(
        sequence & 0xFFFFFFFF,
        1,
        tfdt,
        tuple(s.duration for s in written),
        tuple(len(s.payload) for s in written),
        tuple(s.is_sync for s in written),
        len(part),
    )
    assert part.endswith(b"".join(s.payload for s in written))
    assert durations(part) == tuple(s.duration for s in written)


@given(ticks, ticks, samples)
def test_restamping_moves_a_part_and_changes_nothing_else(
    before: int, after: int, written: list[Sample]
) -> None:
    assert restamp(write_part(1, 1, before, written), after, 99) == write_part(
        99, 1, after, written
    )


@given(samples)
def test_the_first_256_bytes_tell_whether_a_part_begins_with_a_sync_sample(
    written: list[Sample],
) -> None:
    assert begins_with_sync(write_part(1, 1, 1, written)[:256]) is written[0].is_sync


def test_payloads_may_be_views_of_somebody_elses_memory() -> None:
    packet = bytearray(b"....picture....")

    part = write_part(1, 1, 1, [Sample(memoryview(packet)[4:11], 1, True)])

    assert part.endswith(b"picture")


def _part_of_another_writer(trun_flags: int, trun_words: list[int], tfhd_flags: int = 0) -> bytes:
    tfhd_words = [1] + ([0x01010000] if tfhd_flags & 0x20 else [])
    tfhd = struct.pack(f">I4sI{len(tfhd_words)}I", 12 + 4 * len(tfhd_words), b"tfhd", tfhd_flags,
                       *tfhd_words)  # fmt: skip
    tfdt = struct.pack(">I4sII", 16, b"tfdt", 0, 77)
    trun = struct.pack(f">I4sI{len(trun_words)}I", 12 + 4 * len(trun_words), b"trun", trun_flags,
                       *trun_words)  # fmt: skip
    traf = tfhd + tfdt + trun
    mfhd = struct.pack(">I4sII", 16, b"mfhd", 0, 1)
    moof = mfhd + struct.pack(">I4s", 8 + len(traf), b"traf") + traf
    return struct.pack(">I4s", 8 + len(moof), b"moof") + moof + struct.pack(">I4s", 8, b"mdat")


@pytest.mark.parametrize(
    ("trun_flags", "trun_words", "tfhd_flags", "is_sync"),
    [
        (0x5, [2, 100, 0x02000000], 0x20, True),  # first-sample-flags overrule the default
        (0x5, [2, 100, 0x01010000], 0, False),
        (0x1, [2, 100], 0x20, False),  # the tfhd's default holds
        (0x1, [2, 100], 0, True),
        (0x701, [1, 100, 3000, 9, 0x01010000], 0, False),
        (0x400, [1, 0x02000000], 0x20, True),  # no data offset, flags only
    ],
)
def test_sync_is_also_read_from_parts_that_others_wrote(
    trun_flags: int, trun_words: list[int], tfhd_flags: int, is_sync: bool
) -> None:
    part = _part_of_another_writer(trun_flags, trun_words, tfhd_flags)

    assert begins_with_sync(part) is is_sync
    assert read_part(part).syncs[0] is is_sync


def test_a_part_with_a_32_bit_decode_time_cannot_be_moved() -> None:
    with pytest.raises(ValueError, match="32 bits"):
        restamp(_part_of_another_writer(0x1, [1, 100]), 1, 1)


@given(st.binary(max_size=300))
def test_what_is_no_part_is_a_value_error_and_nothing_else(noise: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_part(noise)
    with pytest.raises(ValueError, match=r"\w"):
        begins_with_sync(b"\0\0\0\x20moof" + noise[:20])
    with pytest.raises(ValueError, match=r"\w"):
        codec_string(noise)


def test_a_part_without_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        write_part(1, 1, 1, [])
