"""RTMP's bytes: AMF0 and the chunk stream, there and back, for as long as a show can last."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.delivery.push.media import TimeBase
from orchestrator.delivery.rtmp import amf0
from orchestrator.delivery.rtmp.chunks import EXTENDED, ChunkReader, ChunkWriter, Message
from orchestrator.delivery.rtmp.publisher import AUDIO, VIDEO
from orchestrator.media.boxes import Sample, write_part
from orchestrator.timing.grid import AAC_SAMPLES, Grid

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=8), inner)
    ),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=5))
def test_what_amf0_encodes_it_decodes(values: list[Any]) -> None:
    assert amf0.decode(amf0.encode(*values)) == values


def test_connect_is_written_as_the_specification_has_it() -> None:
    assert amf0.encode("connect", 1, {"app": "live"}) == (
        b"\x02\x00\x07connect"
        b"\x00\x3f\xf0\x00\x00\x00\x00\x00\x00"
        b"\x03\x00\x03app\x02\x00\x04live\x00\x00\x09"
    )


@given(st.binary(max_size=200))
def test_whatever_a_server_sends_is_values_or_a_value_error(data: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(amf0.decode(data), list)


def test_a_message_longer_than_a_chunk_is_continued_by_a_header_of_one_byte() -> None:
    written = ChunkWriter().write(6, VIDEO, bytes(130), timestamp=40, stream=1)

    assert written[:12] == b"\x06" + b"\x00\x00\x28" + b"\x00\x00\x82" + b"\x09" + b"\x01\0\0\0"
    assert written[12 + 128 :] == b"\xc6\x00\x00"


def test_a_stamp_beyond_24_bits_is_said_again_behind_every_chunk_header() -> None:
    written = ChunkWriter().write(6, VIDEO, bytes(130), timestamp=EXTENDED + 5, stream=1)

    stamp = (EXTENDED + 5).to_bytes(4, "big")
    assert written[1:4] == b"\xff\xff\xff"
    assert written[12:16] == stamp
    assert written[16 + 128 :] == b"\xc6" + stamp + b"\x00\x00"


@given(
    st.lists(st.tuples(st.sampled_from([4, 6]), st.binary(max_size=400), st.integers(0, 2**33))),
    st.sampled_from([1, 128, 60_000]),
    st.integers(1, 300),
)
def test_messages_come_back_whole_however_the_bytes_are_cut(
    sent: list[tuple[int, bytes, int]], chunk_bytes: int, cut: int
) -> None:
    writer, reader = ChunkWriter(), ChunkReader()
    writer.chunk_bytes = reader.chunk_bytes = chunk_bytes
    written = b"".join(
        writer.write(stream, VIDEO, payload, timestamp=at, stream=1) for stream, payload, at in sent
    )
    pieces = [written[at : at + cut] for at in range(0, len(written), cut)]

    heard = [message for piece in pieces for message in reader.feed(piece)]

    assert heard == [Message(VIDEO, payload, at % 2**32, 1) for _, payload, at in sent]


@pytest.mark.parametrize(
    ("crossing", "at_ms"),
    [("24 bits, 4 h 39 m 37 s", 2**24), ("26 hours", 93_600_000), ("32 bits, 49.7 days", 2**32)],
)
def test_stamps_go_on_across(crossing: str, at_ms: int) -> None:
    """What a platform that counts for itself makes of the deltas, from the very first picture."""
    writer, reader = ChunkWriter(), ChunkReader()
    list(reader.feed(writer.write(6, VIDEO, b"first", timestamp=at_ms - 100, stream=1)))
    stamps = [
        message.timestamp
        for ms in range(at_ms - 66, at_ms + 100, 33)
        for message in reader.feed(writer.write(6, VIDEO, b"next", timestamp=ms, stream=1))
    ]

    assert [(b - a) % 2**32 for a, b in pairwise(stamps)] == [33] * (len(stamps) - 1), crossing
    assert stamps[0] == at_ms - 66


def test_sound_and_picture_of_a_connection_count_from_its_first_picture_and_never_drift() -> None:
    grid = Grid.standard(30)
    first = 3_000_000_000
    base = TimeBase(grid, first)

    for passed in (0, 1, 48_750, 175_500):  # part 175,500 is 26 hours on
        k = first + passed
        messages = base.messages(*_parts(grid, k))
        due_ms = passed * grid.part_frames * 1000 / grid.fps
        for kind in (VIDEO, AUDIO):
            stamps = [message.ms for message in messages if message.kind == kind]
            assert 0 <= due_ms - stamps[0] < 1
            assert stamps == sorted(stamps)
        assert [m.ms for m in messages] == sorted(m.ms for m in messages)


def test_twenty_six_hours_of_one_connection_arrive_without_a_jump_or_a_drift() -> None:
    """At a fast clock: of every eighth column, one picture and one sound."""
    grid = Grid.standard(30)
    first = 3_366_620_000
    base, writer, reader = TimeBase(grid, first), ChunkWriter(), ChunkReader()
    columns = range(0, 175_500, 8)
    heard: dict[int, list[int]] = {VIDEO: [], AUDIO: []}
    for passed in columns:
        k = first + passed
        video = write_part(k, 1, grid.video_tfdt(k), [Sample(b"p", 48_000, True)])
        audio = write_part(k, 1, grid.audio_tfdt(k), [Sample(b"s", 25_600, True)])
        for message in base.messages(video, audio):
            stream = 6 if message.kind == VIDEO else 4
            sent = writer.write(stream, message.kind, message.body, timestamp=message.ms, stream=1)
            for arrived in reader.feed(sent):
                heard[arrived.kind].append(arrived.timestamp)

    due_ms = [passed * grid.part_frames * 1000 // grid.fps for passed in columns]
    assert due_ms[-1] > 2**24 * 5
    assert heard == {VIDEO: due_ms, AUDIO: due_ms}


def _parts(grid: Grid, k: int) -> tuple[bytes, bytes]:
    pictures = [Sample(b"p", grid.ticks_per_frame, i == 0) for i in range(grid.part_frames)]
    sound = [Sample(b"s", AAC_SAMPLES, True) for _ in range(grid.aac_per_part)]
    return (
        write_part(k, 1, grid.video_tfdt(k), pictures),
        write_part(k, 1, grid.audio_tfdt(k), sound),
    )
