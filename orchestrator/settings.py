"""What one run was asked for: where the event and its state are, and which ports it opens.

Pure, and light enough for the supervisor. Every option of `run` has a name in the environment
too (`ORCH_STATE`, `ORCH_PUBLIC`, …), which the command line reads.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import ConfigError

_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens. Port 0 asks for any free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """`HOST:PORT`, `[::1]:PORT`, `:PORT` (every address) or `PORT` (this machine only)."""
        host, colon, port = text.rpartition(":")
        if not port.isdecimal() or int(port) > 65535:
            raise ConfigError(f"{text!r} is no HOST:PORT; write 127.0.0.1:8080, or :8080 for all")
        if not host:
            host = "0.0.0.0" if colon else "127.0.0.1"
        return cls(host.strip("[]"), int(port))

    def url(self) -> str:
        """As a person on this machine would open it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        if ":" in host and not host.startswith("["):
            host = f"[{host}]"
        return f"http://{host}:{self.port}/"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_span(text: str) -> float:
    """`90s`, `2m`, `1h30m` as seconds; a bare number is refused, as everywhere."""
    match = _SPAN.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise ConfigError(f"{text!r} is no length of time; write 90s, 2m or 1h30m")
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)


@dataclass(frozen=True, slots=True)
class RunSettings:
    """One `run`. `run_for_s` None means until somebody stops it."""

    event: Path
    state: Path = Path("state")
    public: Address = Address("127.0.0.1", 8080)
    control: Address = Address("127.0.0.1", 8081)
    run_for_s: float | None = None
    start: str | None = None
    fresh: bool = False
    on_air: bool = False
    shm: Path = Path("/dev/shm")
    reload: bool = False

    def arguments(self) -> list[str]:
        """For the supervisor's command line; `of_arguments` reads them again."""
        words = [f"--event={self.event}", f"--state={self.state}", f"--shm={self.shm}"]
        words += [f"--public={self.public}", f"--control={self.control}"]
        if self.run_for_s is not None:
            words.append(f"--for={self.run_for_s}s")
        if self.start is not None:
            words.append(f"--start={self.start}")
        words += ["--fresh"] * self.fresh + ["--on-air"] * self.on_air
        words += ["--reload"] * self.reload
        return words

    @classmethod
    def of_arguments(cls, words: Sequence[str]) -> RunSettings:
        default = cls(event=Path())
        parser = argparse.ArgumentParser(prog="orchestrator.supervisor")
        parser.add_argument("--event", type=Path, required=True)
        parser.add_argument("--state", type=Path, default=default.state)
        parser.add_argument("--shm", type=Path, default=default.shm)
        parser.add_argument("--public", type=Address.parse, default=default.public)
        parser.add_argument("--control", type=Address.parse, default=default.control)
        parser.add_argument("--for", dest="run_for_s", type=parse_span, default=None)
        parser.add_argument("--start", default=None)
        parser.add_argument("--fresh", action="store_true")
        parser.add_argument("--on-air", action="store_true")
        parser.add_argument("--reload", action="store_true")
        return cls(**vars(parser.parse_args(words)))
