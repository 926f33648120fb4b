"""A recording of real parts, growing and finished: it plays what was asked for, to a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
import pytest
from fakestream.encode import encode_sound, encode_video, programme_picture, slate_picture

from orchestrator.delivery.recorder.finishing import Wanted, finish, is_finished
from orchestrator.delivery.recorder.growing import GrowingFile
from orchestrator.media.boxes import restamp
from orchestrator.media.house import House
from orchestrator.media.mp4 import AUDIO_ID, VIDEO_ID, Kind
from orchestrator.timing.grid import Grid

GRID = Grid.standard(30)
HOUSE = House.of(320, 180, 30, ("180p",))
K = GRID.part(834_000_000, 0)
SEGMENTS = 5


class Stream:
    """Pre-encoded parts of a programme and of a slate, at any column."""

    def __init__(self) -> None:
        video_init, self.pictures = encode_video(HOUSE.ladder[0], GRID, programme_picture, 0)
        _, self.slates = encode_video(HOUSE.ladder[0], GRID, slate_picture, 0)
        audio_init, self.sound = encode_sound(GRID, hertz=375)
        _, self.silence = encode_sound(GRID, hertz=0)
        self.kinds = {VIDEO_ID: Kind.of(video_init), AUDIO_ID: Kind.of(audio_init)}

    def column(self, k: int) -> tuple[int, bytes, bytes]:
        j = GRID.index_of(k)
        return (
            k,
            restamp(self.pictures[j], GRID.video_tfdt(k), k),
            restamp(self.sound[j], GRID.audio_tfdt(k), k),
        )

    def slate(self, track_id: int, j: int) -> bytes:
        return (self.slates if track_id == VIDEO_ID else self.silence)[j]


@pytest.fixture(scope="module")
def stream() -> Stream:
    return Stream()


def _grown(stream: Stream, folder: Path, from_n: int) -> GrowingFile:
    file = GrowingFile.create(folder / "case.growing.mp4", GRID, stream.kinds, from_n, "A case")
    file.append(stream.column(k) for k in range(K, K + 4 * SEGMENTS))
    return file


def _finished(
    stream: Stream,
    source: Path,
    target: Path,
    from_n: int,
    to_n: int,
    *,
    replaced: Mapping[int, int] | None = None,
    chapters: tuple[tuple[float, str], ...] = (),
    is_growing: bool = True,
) -> Path:
    wanted = Wanted(
        first_k=K,
        hidden=from_n - GRID.first_frame(K),
        length=to_n - from_n,
        fps=30,
        title="A case",
        begins=GRID.utc(from_n),
        chapters=chapters,
        replaced=replaced or {},
        slate=stream.slate,
    )
    for _ in finish(source, target, wanted, is_growing=is_growing):
        pass
    return target


def _pictures(path: Path) -> list[tuple[float, np.ndarray]]:
    """Time and luma of every picture that a player shows. A damaged one raises."""
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.options = {"err_detect": "explode"}
        return [
            (float(frame.time or 0), frame.to_ndarray()[:180, :320])
            for frame in container.decode(video=0)
        ]


def _sound_s(path: Path) -> float:
    with av.open(str(path)) as container:
        return sum(frame.samples for frame in container.decode(audio=0)) / 48_000


def _bar(luma: np.ndarray) -> int:
    """The picture's number in its segment, from where the bright bar is."""
    bright = np.flatnonzero(luma[20:160].mean(axis=0) > 205)
    return round(int(bright[0]) * 64 / 320)


def test_a_finished_recording_plays_from_its_slots_first_picture_to_its_last(
    stream: Stream, tmp_path: Path
) -> None:
    from_n, to_n = GRID.first_frame(K) + 23, GRID.first_frame(K) + 250
    file = _grown(stream, tmp_path, from_n)
    path = _finished(stream, file.path, tmp_path / "case.mp4", from_n, to_n)
    file.close()

    shown = _pictures(path)

    assert [round(at * 30) for at, _ in shown] == list(range(to_n - from_n))
    assert [_bar(luma) for _, luma in shown[:40]] == list(range(23, 63))
    assert abs(_sound_s(path) - (to_n - from_n) / 30) < 0.05
    assert is_finished(path)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        assert container.duration == pytest.approx((to_n - from_n) / 30 * 1e6, abs=40_000)
        assert container.metadata["title"] == "A case"


def test_chapters_are_read_by_players_and_begin_where_they_say(
    stream: Stream, tmp_path: Path
) -> None:
    from_n = GRID.first_frame(K) + 10
    file = _grown(stream, tmp_path, from_n)
    marks = ((0.0, "Knee"), (2.5, "Dr Åsa Öberg"), (6.0, "膝 · wrap"))
    path = _finished(stream, file.path, tmp_path / "case.mp4", from_n, from_n + 300, chapters=marks)
    file.close()

    with av.open(str(path)) as container:
        read = [
            (chapter["start"] * float(chapter["time_base"]), chapter["metadata"]["title"])
            for chapter in container.chapters()
        ]
        streams = [stream.type for stream in container.streams]

    assert read == list(marks)
    assert streams.count("video") == streams.count("audio") == 1


def test_a_growing_recording_plays_as_far_as_it_goes(stream: Stream, tmp_path: Path) -> None:
    file = _grown(stream, tmp_path, GRID.first_frame(K))
    file.close()

    shown = _pictures(file.path)

    assert [round(at * 30) for at, _ in shown] == list(range(64 * SEGMENTS))


def test_what_a_killed_writer_tore_is_cut_off_and_written_again(
    stream: Stream, tmp_path: Path
) -> None:
    file = _grown(stream, tmp_path, GRID.first_frame(K))
    file.close()
    whole = file.path.read_bytes()
    with file.path.open("ab") as torn:
        torn.write(stream.column(K)[1][:1000])

    again = GrowingFile(file.path, GRID, K)
    assert again.next_k == K + 4 * SEGMENTS
    assert file.path.read_bytes() == whole
    again.append([stream.column(again.next_k)])
    again.close()

    assert len(_pictures(file.path)) == 64 * SEGMENTS + 16


def test_a_growing_recording_lets_go_of_what_was_taken_back_at_once(
    stream: Stream, tmp_path: Path
) -> None:
    file = _grown(stream, tmp_path, GRID.first_frame(K))
    file.cut_before(K + 9)

    assert file.next_k == K + 9
    file.append((k, stream.slate(VIDEO_ID, j), stream.slate(AUDIO_ID, j))
                for j, k in enumerate(range(K + 9, K + 12)))  # fmt: skip
    file.append(stream.column(k) for k in range(K + 12, K + 16))
    file.close()
    shown = [luma.max() > 200 for _, luma in _pictures(file.path)]

    assert shown == [True] * 16 * 9 + [False] * 16 * 3 + [True] * 16 * 4


def test_a_finished_recording_is_made_anew_with_slate_where_something_was_taken_back(
    stream: Stream, tmp_path: Path
) -> None:
    from_n, to_n = GRID.first_frame(K) + 7, GRID.first_frame(K) + 16 * 18 + 3
    file = _grown(stream, tmp_path, from_n)
    path = _finished(stream, file.path, tmp_path / "case.mp4", from_n, to_n)
    file.close()

    _finished(
        stream, path, path, from_n, to_n, replaced={K + 6: 0, K + 7: 1, K + 8: 0}, is_growing=False
    )
    shown = [luma.max() > 200 for _, luma in _pictures(path)]

    expected = [not 16 * 6 <= i < 16 * 9 for i in range(7, to_n - GRID.first_frame(K))]
    # K + 9 … K + 11 need the key picture that was taken back: they are the gate's slate in life
    assert shown[: 16 * 6 - 7] == expected[: 16 * 6 - 7]
    assert not any(shown[16 * 6 - 7 : 16 * 9 - 7])
    assert shown[16 * 12 - 7 :] == expected[16 * 12 - 7 :]
    assert len(shown) == to_n - from_n
