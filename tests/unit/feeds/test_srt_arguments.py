"""What the SRT child is told, and what nobody else is told."""

from __future__ import annotations

import pytest

from orchestrator.feeds.readers.srt import child_arguments, srt_address


@pytest.mark.parametrize(
    ("address", "expected", "passphrase"),
    [
        ("srt://:9001", "srt://0.0.0.0:9001?mode=listener&latency=120000", None),
        ("srt://site.example:9001", "srt://site.example:9001?mode=caller&latency=120000", None),
        (
            "srt://127.0.0.1:9001?mode=listener&latency=400000",
            "srt://127.0.0.1:9001?mode=listener&latency=400000",
            None,
        ),
        (
            "srt://a:1?passphrase=0123456789ab&pbkeylen=32",
            "srt://a:1?pbkeylen=32&mode=caller&latency=120000",
            "0123456789ab",
        ),
        ("srt://[::1]:5", "srt://[::1]:5?mode=caller&latency=120000", None),
    ],
)
def test_an_address_is_completed_and_its_passphrase_taken_out(
    address: str, expected: str, passphrase: str | None
) -> None:
    assert srt_address(address) == (expected, passphrase)


def test_a_stream_id_with_its_signs_survives() -> None:
    address, passphrase = srt_address(
        "srt://a:1?streamid=#!::r=live,m=request&passphrase=0123456789"
    )

    assert address == "srt://a:1?streamid=#!::r=live,m=request&mode=caller&latency=120000"
    assert passphrase == "0123456789"


def test_the_child_only_moves_bytes() -> None:
    arguments = child_arguments("/bin/ffmpeg", "srt://a:1?mode=caller", "0123456789ab")

    text = " ".join(arguments)
    assert arguments[0] == "/bin/ffmpeg"
    assert "-f data -passphrase 0123456789ab -raw_packet_size 1316 -i srt://a:1?mode=caller" in text
    assert "-map 0" in text
    assert "-c copy" in text
    assert "-f data" in text.split("-i ")[1]
    assert "-flush_packets 1" in text
    assert text.split().count("pipe:1") == 1


def test_without_a_passphrase_none_is_given() -> None:
    assert "-passphrase" not in child_arguments("ffmpeg", "srt://a:1", None)
