"""A push on the wire: TLS, slots that it may not carry, and a platform that takes too little."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, pairwise
from pathlib import Path

import av
import pytest
from fakestream import FakeStream
from harness.proxy import Relay, TlsFront, make_certificates
from harness.rtmp import NginxRtmp, assert_plays_without_a_break, tags

from orchestrator.bus import decisions
from orchestrator.bus.decisions import Column
from orchestrator.bus.sent import GAP, REAL, SLATE, read_sent
from orchestrator.bus.tree import StateFolder

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

TRICKLE_BPS = 250_000
"""Between what the two renditions take."""


def _push(name: str, *ladder: str) -> dict[str, object]:
    return {"id": name, "audience": "open", "ladder": ladder or ("180p",), "url": f"env:{name}"}


@pytest.fixture(scope="module")
def nginx(
    tool: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NginxRtmp]:
    with NginxRtmp(tool("nginx"), tmp_path_factory.mktemp("rtmp") / "nginx") as server:
        yield server


@pytest.fixture(scope="module")
def narrow(nginx: NginxRtmp) -> Iterator[Relay]:
    with Relay(nginx.port) as relay:
        yield relay


@pytest.fixture(scope="module")
def on_air(
    tool: Callable[..., str],
    nginx: NginxRtmp,
    narrow: Relay,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[FakeStream]:
    """Pushes to one nginx: two over TLS of which one knows the CA, one that may not carry every
    slot, one through a narrow relay."""
    ca, certificate, key = make_certificates(tool("openssl"), tmp_path_factory.mktemp("tls"))
    names = ("trusting", "doubting", "barred", "narrow")
    pushes = [_push("narrow", "360p", "180p"), *(_push(name) for name in names[:3])]
    with (
        TlsFront(nginx.port, certificate, key) as front,
        pytest.MonkeyPatch.context() as environment,
        FakeStream(ladder=("360p", "180p"), size=(640, 360), pushes=pushes) as stream,
    ):
        for name in ("trusting", "doubting"):
            environment.setenv(name, f"rtmps://127.0.0.1:{front.port}/live/{name}")
        environment.setenv("barred", nginx.url("barred"))
        environment.setenv("narrow", f"rtmp://127.0.0.1:{narrow.port}/live/narrow")
        stream.start("gate", "programme", programme=["--slate-output", "barred"])
        stream.start("push.doubting", "push.barred", "push.narrow")
        environment.setenv("SSL_CERT_FILE", str(ca))
        stream.start("push.trusting")
        stream.wait_for(lambda: stream.facts("push.narrow").get("columns", 0) > 4)
        narrow.takes_bps = TRICKLE_BPS
        yield stream


def pictures(recording: Path) -> list[bool]:
    """Of each picture, whether it is the programme: the slate is all dark."""
    with av.open(str(recording)) as file:
        lumas = (frame.to_ndarray(format="gray")[60] for frame in file.decode(video=0))
        return [bool(luma.max() > 150) for luma in lumas]


def test_over_tls_it_arrives_as_it_does_without(on_air: FakeStream, nginx: NginxRtmp) -> None:
    on_air.wait_for(lambda: on_air.facts("push.trusting").get("columns", 0) > 8)
    assert str(on_air.facts("push.trusting")["to"]).startswith("rtmps://127.0.0.1:")

    assert on_air.terminate("push.trusting") == 0

    (recording,) = nginx.finished("trusting")
    assert_plays_without_a_break(recording)


def test_a_certificate_that_nobody_here_trusts_is_refused_in_a_sentence(
    on_air: FakeStream, nginx: NginxRtmp
) -> None:
    on_air.wait_for(lambda: on_air.facts("push.doubting").get("state") == "refused")
    facts = on_air.facts("push.doubting")

    assert "its certificate is not valid: " in facts["reason"]
    assert "SSL_CERT_FILE" in facts["reason"]
    assert facts["bytes"] == 0
    assert nginx.recordings("doubting") == []


def test_a_slot_that_an_output_may_not_carry_is_slate_to_it_and_to_nobody_else(
    on_air: FakeStream, nginx: NginxRtmp
) -> None:
    log = StateFolder(on_air.state).sent("barred")
    slot = 2 * on_air.grid.parts_per_segment

    def decided() -> list[Column]:
        """Since it has begun to send."""
        first_k = next((span.from_k for span in read_sent(log)), None)
        columns = [] if first_k is None else map(Column.of, on_air.columns())
        return [column for column in columns if column.k >= first_k]

    def whole_slots() -> int:
        """Of those it may not carry: with all of the public's programme, and some on each side."""
        kinds = groupby((c.why, c.is_slate_for("barred")) for c in decided())
        runs = [(kind, len(list(run))) for kind, run in kinds]
        before, after = ("", False), ("", False)
        return sum(
            (one[0], two, three[0]) == (before, (("", True), slot), after)
            for one, two, three in zip(runs, runs[1:], runs[2:], strict=False)
        )

    on_air.wait_for(lambda: whole_slots() >= 2, 60)
    assert on_air.terminate("push.barred") == 0

    columns = decided()
    expected = _sent_of(columns, "barred")
    spans = read_sent(log)
    noted = {k: (s.what, s.why) for s in spans for k in range(s.from_k, s.to_k + 1)}
    assert len(noted) > 2 * slot
    assert noted == {k: expected[k] for k in noted}
    (recording,) = nginx.finished("barred")
    assert_plays_without_a_break(recording)
    shown = pictures(recording)
    assert len(shown) >= len(noted) * on_air.grid.part_frames
    assert (
        shown
        == [
            expected[column.k][0] == REAL
            for column in columns
            for _ in range(on_air.grid.part_frames)
        ][: len(shown)]
    )
    # the public saw the programme, but for what this machine was late with
    assert {column.why for column in columns} <= {"", "missing"}


def _sent_of(columns: Iterable[Column], output: str) -> dict[int, tuple[str, str]]:
    """What an output that takes all there is has to send: no picture of what it may not carry, and
    from then on the programme again with the first one that a decoder can begin with."""
    sent = {}
    is_barred = False
    for column in columns:
        is_barred = column.is_slate_for(output) or (is_barred and "180p" not in column.independent)
        if is_barred:
            sent[column.k] = (SLATE, "not for this output")
        else:
            is_late = column.tracks["180p"] != decisions.REAL
            sent[column.k] = (SLATE, "missing") if is_late else (REAL, "")
    return sent


def test_a_platform_that_takes_too_little_loses_whole_gops_then_gets_the_lower_rendition(
    on_air: FakeStream, nginx: NginxRtmp, narrow: Relay
) -> None:
    def facts() -> dict[str, object]:
        return on_air.facts("push.narrow")

    assert facts()["connections"] == 1
    on_air.wait_for(lambda: facts().get("rendition") == "180p")
    on_air.wait_columns(16)

    assert facts()["state"] == "sending"
    assert facts()["connections"] == 1
    assert facts()["behind_ms"] < 8_000
    narrow.takes_bps = None
    on_air.terminate("push.narrow")
    (recording,) = nginx.finished("narrow")
    shown = [tag for tag in tags(recording) if tag.kind == 9 and not tag.is_header]
    jumps = [b for a, b in pairwise(shown) if b.ms - a.ms > 40]
    assert jumps
    assert all(tag.is_key for tag in jumps)
    assert all(b.ms > a.ms for a, b in pairwise(shown))
    spans = read_sent(StateFolder(on_air.state).sent("narrow"))
    assert {span.why for span in spans if span.what == GAP} == {"the platform took too little"}
