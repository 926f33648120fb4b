"""The DVR as the recorder process keeps it on disk: whole, contiguous, and with nothing taken back
left in it, whoever is killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakestream import FakeStream

from orchestrator.bus.dvr import DvrFollower, DvrIndex, first_part, parts_per_group, segment_path
from orchestrator.media.boxes import read_part, split_parts
from orchestrator.media.house import AUDIO_TRACK

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[FakeStream]:
    with FakeStream(dvr_s=3600, state=tmp_path / "state") as running:
        running.start("gate", "programme", "recorder")
        yield running


def _index(stream: FakeStream) -> DvrIndex:
    follower = DvrFollower(stream.state / "dvr")
    follower.look()
    follower.close()
    return follower.index


def _wait_segments(stream: FakeStream, count: int) -> DvrIndex:
    stream.wait_for(lambda: len(_index(stream).segments) >= count)
    return _index(stream)


def _parts(stream: FakeStream, index: DvrIndex, track: str, g: int) -> list[bytes]:
    assert index.shape is not None
    kept = index.segments[g]
    body = segment_path(stream.state / "dvr", index.shape, track, g, kept.tag).read_bytes()
    assert len(body) == kept.sizes[track]
    return split_parts(body)


def _assert_whole(stream: FakeStream, index: DvrIndex) -> None:
    """No segment is missing; every part is there once and at its decode time."""
    assert index.shape is not None
    gs = list(index.segments)
    assert gs == list(range(index.first_g, gs[-1] + 1))
    for g in gs:
        for track in index.shape.tracks:
            parts = _parts(stream, index, track, g)
            assert len(parts) == parts_per_group(index.shape)
            for k, part in enumerate(parts, start=first_part(index.shape, g)):
                grid = stream.grid
                tfdt = grid.audio_tfdt(k) if track == AUDIO_TRACK else grid.video_tfdt(k)
                assert read_part(part).tfdt == tfdt


def test_a_killed_recorder_leaves_no_hole_and_the_parts_are_those_that_were_public(
    stream: FakeStream,
) -> None:
    before = _wait_segments(stream, 2)
    stream.kill("recorder")
    stream.wait_columns(16)
    stream.start("recorder")
    after = _wait_segments(stream, len(before.segments) + 2)

    _assert_whole(stream, after)
    assert after.shape is not None
    g = list(after.segments)[-2]
    for track in after.shape.tracks:
        for k, part in enumerate(_parts(stream, after, track, g), first_part(after.shape, g)):
            assert part == stream.tree.public_part(stream.grid, "open", track, k).read_bytes()


def test_what_was_taken_back_is_slate_under_a_new_name_and_the_old_file_is_gone(
    stream: FakeStream,
) -> None:
    # what a stream begins with is slate anyway: six segments, decided at once
    stream.wait_for(lambda: sum(not column["why"] for column in stream.columns()) > 24)
    before = _wait_segments(stream, 3)
    assert before.shape is not None

    first, last = stream.gate("privacy", look_back_s=8)["redacted"]
    size = parts_per_group(before.shape)
    touched = [g for g in before.segments if first // size <= g]
    stream.wait_for(lambda: all(_index(stream).segments[g].tag for g in touched))
    after = _wait_segments(stream, len(before.segments) + 1)

    _assert_whole(stream, after)
    slate = split_parts((stream.tree.slate / "180p.0").read_bytes())[0]
    whole = {k: p for g in after.segments for k, p in
             enumerate(_parts(stream, after, "180p", g), first_part(before.shape, g))}  # fmt: skip
    assert whole[first][-200:] == slate[-200:]
    fakes = [p.read_bytes()[-100:] for p in (stream.tree.root / "fake").glob("180p.*")
             if p.stat().st_size]  # fmt: skip
    assert not any(whole[k][-100:] in fakes for k in range(first, last + 1))
    assert whole[first - 1][-100:] in fakes
    for g in touched:
        for track in before.shape.tracks:
            assert not segment_path(stream.state / "dvr", before.shape, track, g).exists()


def test_what_was_taken_back_while_the_recorder_was_dead_is_taken_back_when_it_starts(
    stream: FakeStream,
) -> None:
    before = _wait_segments(stream, 2)
    assert before.shape is not None
    stream.kill("recorder")
    first, _ = stream.gate("privacy", look_back_s=12)["redacted"]
    touched = [g for g in before.segments if first // parts_per_group(before.shape) <= g]
    assert touched

    stream.start("recorder")
    stream.wait_for(lambda: all(_index(stream).segments[g].tag for g in touched))

    old = [segment_path(stream.state / "dvr", before.shape, "180p", g) for g in touched]
    stream.wait_for(lambda: not any(path.exists() for path in old))  # once nobody is told of them
    _assert_whole(stream, _wait_segments(stream, len(before.segments) + 2))
