"""A push as a real process behind a real gate, against real servers: what arrives there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fakestream import FakeStream
from harness.rtmp import NginxRtmp, assert_plays_without_a_break, tags

from orchestrator.bus.sent import GAP, read_sent
from orchestrator.bus.tree import StateFolder

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

KEY = "unsayable-4711"
PUSH = {"id": "platform", "audience": "open", "ladder": ["180p"], "url": "env:PLATFORM_URL"}
NAME = "push.platform"


@pytest.fixture(scope="module")
def nginx(
    tool: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NginxRtmp]:
    with NginxRtmp(tool("nginx"), tmp_path_factory.mktemp("push") / "nginx") as server:
        yield server


@pytest.fixture(scope="module")
def on_air(nginx: NginxRtmp) -> Iterator[FakeStream]:
    """A stream whose push goes to nginx, with the programme on air."""
    with pytest.MonkeyPatch.context() as environment, FakeStream(pushes=[PUSH]) as stream:
        environment.setenv("PLATFORM_URL", nginx.url(KEY))
        stream.start("gate", "programme", NAME)
        stream.wait_for(lambda: stream.facts(NAME).get("columns", 0) > 8)
        yield stream


def test_nginx_killed_and_back_has_the_programme_again_within_15_seconds(
    on_air: FakeStream, nginx: NginxRtmp
) -> None:
    nginx.kill()
    on_air.wait_for(lambda: on_air.facts(NAME)["state"] == "backoff")
    on_air.wait_for(lambda: on_air.facts(NAME)["failures"] >= 3)
    nginx.start()

    on_air.wait_for(lambda: on_air.facts(NAME)["state"] == "sending", timeout_s=15)
    on_air.wait_columns(6)

    on_air.terminate(NAME)

    first, second = nginx.finished(KEY)
    assert next(tag.ms for tag in tags(second) if tag.kind == 9) == 0
    assert_plays_without_a_break(second)
    (gap,) = [
        span for span in read_sent(StateFolder(on_air.state).sent("platform")) if span.what == GAP
    ]
    assert gap.why.startswith(f"rtmp://127.0.0.1:{nginx.port}/live/… ")
    assert first != second


def test_what_nginx_records_plays_without_a_break(on_air: FakeStream, nginx: NginxRtmp) -> None:
    old = on_air.facts(NAME)["pid"]
    on_air.start(NAME)

    def sent() -> int:
        facts = on_air.facts(NAME)
        return int(facts["columns"]) if facts.get("pid", old) != old else 0

    on_air.wait_for(lambda: sent() > 16)

    assert on_air.terminate(NAME) == 0
    recording = nginx.finished(KEY)[-1]
    pictures, _ = assert_plays_without_a_break(recording)

    assert pictures >= 16 * 8
    assert next(tags(recording)).ms == 0
