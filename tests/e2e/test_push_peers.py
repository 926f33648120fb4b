"""Platforms at their worst, four at once: what each push says of its own, and that nobody else
notices."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from fakestream import FakeStream
from harness.proxy import Relay
from harness.rtmp import NginxRtmp, assert_plays_without_a_break

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def _push(name: str) -> dict[str, object]:
    return {"id": name, "audience": "open", "ladder": ["180p"], "url": f"env:{name.upper()}_URL"}


def test_a_mute_a_refusing_a_stuck_and_a_resetting_platform_are_told_apart_and_cost_nobody_else(
    tool: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("mute", "refusing", "stuck", "resetting", "good")
    pushes = [f"push.{name}" for name in names]
    mute = socket.create_server(("127.0.0.1", 0), backlog=64)  # accepts, and never says a word
    with (
        mute,
        NginxRtmp(tool("nginx"), tmp_path / "nginx") as nginx,
        Relay(nginx.port) as stuck,
        Relay(nginx.port) as resetting,
    ):
        ports = {
            "mute": mute.getsockname()[1],
            "refusing": nginx.port,
            "stuck": stuck.port,
            "resetting": resetting.port,
            "good": nginx.port,
        }
        for name, port in ports.items():
            app = "nosuchapp" if name == "refusing" else "live"
            url = f"rtmp://127.0.0.1:{port}/{app}/key-of-{name}"
            monkeypatch.setenv(f"{name.upper()}_URL", url)
        with FakeStream(pushes=[_push(name) for name in names]) as stream:
            stream.start("gate", "programme", *pushes)

            def fact(name: str, key: str) -> object:
                return stream.facts(f"push.{name}").get(key)

            for name in ("stuck", "resetting", "good"):
                stream.wait_for(lambda name=name: (fact(name, "columns") or 0) > 4)
            first = len(stream.columns())

            stuck.stop_reading()
            resetting.reset()

            stream.wait_for(
                lambda: resetting.accepted >= 2 and fact("resetting", "state") == "sending"
            )
            stream.wait_for(lambda: "is mute" in str(fact("mute", "reason")))
            stream.wait_for(lambda: "closed the connection" in str(fact("refusing", "reason")))
            stream.wait_for(lambda: "has taken no byte" in str(fact("stuck", "reason")))
            stuck.read_on()
            stream.wait_for(lambda: fact("stuck", "state") == "sending")

            for name in names:
                said = str(stream.facts(f"push.{name}"))
                assert f"key-of-{name}" not in said
            assert fact("good", "state") == "sending"
            assert fact("good", "connections") == 1
            since = stream.columns()[first:]
            assert len(since) > 8
            assert not any(column["why"] for column in since)  # no slate: the gate did not notice
            assert stream.terminate("push.good") == 0
        (recording,) = nginx.finished("key-of-good")
        assert_plays_without_a_break(recording)
