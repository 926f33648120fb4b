"""What the supervisor refuses to start, in a sentence, with nothing half started."""

import socket

import pytest
from harness.standin import Tree

pytestmark = pytest.mark.e2e


def test_a_second_instance_on_the_same_state_folder_is_refused(tree: Tree) -> None:
    first = tree.up()

    second = tree.start()

    assert second.wait(timeout=20) == 3
    assert f"belongs to a running event (process {first.pid})" in tree.said()
    assert tree.pid("gate")


def test_a_taken_port_is_one_sentence_and_nothing_is_started(tree: Tree) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        process = tree.start(f"--public=127.0.0.1:{other.getsockname()[1]}")
        assert process.wait(timeout=20) == 3

    assert "Address already in use" in tree.said()
    assert "--public HOST:PORT" in tree.said()
    assert len(tree.said().splitlines()) == 1
    assert tree.is_gone()


def test_a_state_folder_that_cannot_be_written_is_one_sentence(tree: Tree) -> None:
    (tree.folder / "file").touch()
    tree.state = tree.folder / "file" / "state"

    process = tree.start()

    assert process.wait(timeout=20) == 3
    assert "cannot be written" in tree.said()
    assert len(tree.said().splitlines()) == 1


def test_too_small_a_tmpfs_is_one_sentence_and_nothing_is_left(tree: Tree) -> None:
    tree.of(["gate"], shape={"window_s": 10**9})

    process = tree.start()

    assert process.wait(timeout=20) == 3
    assert "MiB free and this event needs" in tree.said()
    assert tree.is_gone()


def test_without_ffmpeg_it_says_how_to_get_one(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nowhere/ffmpeg")

    process = tree.start()

    assert process.wait(timeout=20) == 3
    assert "no ffmpeg" in tree.said()
    assert tree.is_gone()


def test_a_wrong_file_ends_with_exit_code_two_and_nothing_started(tree: Tree) -> None:
    tree.of(["gate"], {"prepare": "wrong"})

    process = tree.start()

    assert process.wait(timeout=20) == 2
    assert "everything is wrong" in tree.said()
    assert "gate began" not in tree.said()
    assert tree.is_gone()
