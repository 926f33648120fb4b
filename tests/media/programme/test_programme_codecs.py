"""What the encoders make is decodable, on the grid, and the same in every process."""

import io
import subprocess
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest

from orchestrator.media.boxes import codec_string, read_part, restamp
from orchestrator.media.codecs import AudioEncoder, VideoEncoder, fingerprint
from orchestrator.media.house import House
from orchestrator.media.picture import Planes
from orchestrator.programme.ladder import PartMaker
from orchestrator.programme.pool import Composed
from orchestrator.programme.slate_job import encode_silence, encode_slate
from orchestrator.programme.sound import SoundParts

pytestmark = pytest.mark.media

HOUSE = House.of(320, 180, 30, ("180p",))
GRID = HOUSE.grid
RENDITION = HOUSE.ladder[0]
SEGMENT = 840_000_000 * GRID.segment_frames


def draw(planes: Planes, n: int) -> None:
    """A picture whose luma tells its frame roughly, and moves."""
    y, u, v = planes
    y[:] = (40 + np.arange(320) // 4 + n % 64)[np.newaxis, :]
    u[:], v[:] = 110, 140


def make_parts(
    frames: range, left_out: frozenset[int] = frozenset(), lost: frozenset[int] = frozenset()
) -> dict[int, bytes]:
    maker, picture = PartMaker(RENDITION, GRID, frames[0]), Composed(320, 180)
    parts: dict[int, bytes] = {}
    for n in frames:
        if n not in lost:
            draw(picture.planes, n)
            parts |= dict(maker.take(n, picture, encode=n not in left_out))
    return parts


def decoded(init: bytes, parts: list[bytes]) -> list[av.VideoFrame]:
    with av.open(io.BytesIO(init + b"".join(parts)), "r") as container:
        return list(container.decode(video=0))


def assert_strict(init: bytes, parts: list[bytes], tmp_path: Path) -> None:
    """FFmpeg decodes it without a single complaint."""
    whole = tmp_path / "whole.mp4"
    whole.write_bytes(init + b"".join(parts))
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    strict = ["-v", "error", "-xerror", "-err_detect", "explode"]
    done = subprocess.run(
        [ffmpeg, *strict, "-i", str(whole), "-f", "null", "-"], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_init_segments_are_the_same_for_two_encoders_and_name_their_codec() -> None:
    one, two = VideoEncoder(RENDITION, GRID), VideoEncoder(RENDITION, GRID)

    assert one.init == two.init
    assert codec_string(one.init).startswith("avc1.4d40")
    assert codec_string(AudioEncoder().init) == "mp4a.40.2"


def test_the_fingerprint_changes_with_anything_the_init_depends_on() -> None:
    others = [House.of(320, 180, 25, ("180p",)), House.of(640, 360, 30, ("360p", "180p"))]

    others += [House.of(320, 180, 30, (asked,)) for asked in ("180p 300k", "180p faster")]

    assert len({fingerprint(HOUSE), *(fingerprint(house) for house in others)}) == 5
    assert fingerprint(HOUSE) == fingerprint(House.of(320, 180, 30, ("180p",)))


def test_parts_decode_and_every_picture_has_its_own_place_on_the_grid(tmp_path: Path) -> None:
    parts = make_parts(range(SEGMENT, SEGMENT + 64))
    init = VideoEncoder(RENDITION, GRID).init

    frames = decoded(init, list(parts.values()))

    assert list(parts) == [GRID.part_of(SEGMENT) + i for i in range(4)]
    assert [frame.pts for frame in frames] == [n * 3000 for n in range(SEGMENT, SEGMENT + 64)]
    assert_strict(init, list(parts.values()), tmp_path)


def test_only_segment_starts_are_sync_samples() -> None:
    parts = make_parts(range(SEGMENT, SEGMENT + 128))

    syncs = [sync for part in parts.values() for sync in read_part(part).syncs]

    assert [i for i, sync in enumerate(syncs) if sync] == [0, 64]


def test_lost_pictures_lengthen_their_neighbours_and_the_stream_stays_whole(
    tmp_path: Path,
) -> None:
    lost = frozenset(SEGMENT + i for i in (3, 15, 16, 17, 40, 41, 42, 63))
    left_out = frozenset(SEGMENT + i for i in range(21, 32, 2))
    parts = make_parts(range(SEGMENT, SEGMENT + 80), left_out, lost)

    heads = [read_part(part) for part in parts.values()]

    assert [head.tfdt for head in heads] == [GRID.video_tfdt(k) for k in parts]
    assert {sum(head.durations) for head in heads} == {16 * 3000}
    assert_strict(VideoEncoder(RENDITION, GRID).init, list(parts.values()), tmp_path)


def test_segments_of_two_encoders_started_at_different_times_are_interchangeable(
    tmp_path: Path,
) -> None:
    one = make_parts(range(SEGMENT, SEGMENT + 192))
    two = make_parts(range(SEGMENT + 32, SEGMENT + 192))
    first_k = GRID.part_of(SEGMENT)
    mixed = [two[k] if GRID.msn_of(k) % 2 else one[k] for k in range(first_k, first_k + 12)]
    init = VideoEncoder(RENDITION, GRID).init

    frames = decoded(init, mixed)

    assert [frame.pts for frame in frames] == [n * 3000 for n in range(SEGMENT, SEGMENT + 192)]
    for i, frame in enumerate(frames):
        luma = frame.to_ndarray()[:180, :320].astype(int)
        assert abs(luma.mean() - (40 + 39.5 + i % 64)) < 4
    assert_strict(init, mixed, tmp_path)


def test_slate_parts_stand_in_for_real_ones_without_an_error(tmp_path: Path) -> None:
    picture = Composed(320, 180)
    draw(picture.planes, 5)
    slate = encode_slate(RENDITION, GRID, picture.planes)
    before = make_parts(range(SEGMENT, SEGMENT + 32))
    after = make_parts(range(SEGMENT + 80, SEGMENT + 128))  # begins with an IDR in mid-segment
    k = GRID.part_of(SEGMENT)
    slates = [
        restamp(slate[f"180p.{j}"], GRID.video_tfdt(k + i), k + i)
        for i, j in ((2, 0), (3, 1), (4, 0))
    ]
    stream = [*before.values(), *slates, *after.values()]
    init = VideoEncoder(RENDITION, GRID).init

    assert slate["180p.init"] == init
    assert len(decoded(init, stream)) == 128
    assert_strict(init, stream, tmp_path)


def sound_parts(frames: range) -> dict[int, bytes]:
    maker = SoundParts(GRID)
    parts: dict[int, bytes] = {}
    for n in frames:
        t = (np.arange(1600) + GRID.sample_of(n)) / 48_000
        wave = (0.3 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
        parts |= dict(maker.take(n, np.stack([wave, wave], 1)))
    return parts


def test_a_part_of_sound_holds_its_aac_frames_and_needs_two_pictures_more() -> None:
    parts = sound_parts(range(SEGMENT, SEGMENT + 34))

    assert list(parts) == [GRID.part_of(SEGMENT), GRID.part_of(SEGMENT) + 1]
    for k, part in parts.items():
        head = read_part(part)
        assert head.tfdt == GRID.audio_tfdt(k)
        assert head.durations == (1024,) * GRID.aac_per_part
    assert len(sound_parts(range(SEGMENT, SEGMENT + 33))) == 1


def test_sound_after_a_hole_begins_with_the_next_part(tmp_path: Path) -> None:
    maker = SoundParts(GRID)
    block = np.zeros((1600, 2), np.float32)
    parts: dict[int, bytes] = {}
    for n in [*range(SEGMENT, SEGMENT + 20), *range(SEGMENT + 24, SEGMENT + 70)]:
        parts |= dict(maker.take(n, block))

    k = GRID.part_of(SEGMENT)
    assert list(parts) == [k, k + 2, k + 3]
    silence = encode_silence(GRID)
    filler = restamp(silence["a.0"], GRID.audio_tfdt(k + 1), k + 1)
    stream = [parts[k], filler, parts[k + 2], parts[k + 3]]
    assert_strict(silence["a.init"], stream, tmp_path)


def test_the_decoded_sound_lies_where_it_was_put() -> None:
    parts = sound_parts(range(SEGMENT, SEGMENT + 40))
    init = AudioEncoder().init

    with av.open(io.BytesIO(init + b"".join(parts.values())), "r") as container:
        frames = list(container.decode(audio=0))
    first = frames[0].pts
    assert first is not None
    sound = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)[0]

    t = (first + np.arange(len(sound))) / 48_000
    expected = 0.3 * np.sin(2 * np.pi * 440 * t)
    inner = slice(2048, 40_000)
    assert np.abs(sound[inner] - expected[inner]).max() < 0.02
