"""The process that stands in for the hospitals: `python -m orchestrator.rehearsal.sites --plan F`.

The plan (JSON, mode 0600 because it holds the passphrases) says which films go where:

    {"sent": "…/sent.jsonl", "pushes": [{"feed", "number", "film", "url", "fps", "frames"}, …]}

Also here: which contributions an event has, and the SRT legs they are sent over. Main thread waits
for the end; `pushers.py` has the one thread that works.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.bus import child
from orchestrator.bus.lines import replace_json
from orchestrator.rehearsal.loops import Film
from orchestrator.rehearsal.picture import Contribution
from orchestrator.rehearsal.pushers import Push, Pushers
from orchestrator.rundown.environment import own_variable
from orchestrator.rundown.plan import PlanSlot
from orchestrator.rundown.resolved import Resolved

_FIRST_PORT, _PORTS = 20_000, 12_000


@dataclass(frozen=True, slots=True)
class Leg:
    """One SRT connection on this machine, encrypted with a passphrase of its own."""

    port: int
    passphrase: str = field(repr=False)

    @classmethod
    def some(cls, count: int) -> list[Leg]:
        """As many legs, on ports that are free now, for listeners that bind them in a moment.

        They lie below the ports that callers are given by the kernel, or one of those might be
        ours before we are.
        """
        with contextlib.ExitStack() as probes:
            legs: list[Leg] = []
            while len(legs) < count:
                probe = probes.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                port = _FIRST_PORT + secrets.randbelow(_PORTS)
                with contextlib.suppress(OSError):
                    probe.bind(("127.0.0.1", port))
                    legs.append(cls(port, secrets.token_hex(16)))
        return legs

    @property
    def listener(self) -> str:
        """As the feed's address in the environment."""
        return f"srt://127.0.0.1:{self.port}?mode=listener&passphrase={self.passphrase}"

    @property
    def caller(self) -> str:
        return f"srt://127.0.0.1:{self.port}?mode=caller&pkt_size=1316&passphrase={self.passphrase}"


def contributions(event: Resolved, language: str = "en") -> list[Contribution]:
    """Every SRT feed of the event, numbered by its place in the file, from 1."""
    found = []
    for number, feed in enumerate(event.feeds(), 1):
        if feed.kind != "srt":
            continue
        site = event.sites[feed.site]
        title = site.title.get(language) or next(iter(site.title.values()), feed.site)
        found.append(Contribution(number, feed.id, site.city, title))
    return found


def needed(event: Resolved) -> frozenset[str]:
    """The first feed of every site, and every feed that a slot shows or falls back to."""
    first = {site.feeds[0].id for site in event.sites.values() if site.feeds}
    slots = [*(slot.plan for slot in event.slots), *event.standby]
    return frozenset(first.union(*(_sources(slot) for slot in slots)))


def environment(legs: Mapping[str, Leg], event: Resolved) -> dict[str, str]:
    """What the feeds' `env:NAME` addresses resolve to, one variable per feed.

    `env:FEED_KEY` of mumbai.headset is looked up as FEED_KEY__MUMBAI_HEADSET first.
    """
    values = {}
    for feed in event.feeds():
        if feed.id in legs and feed.address.startswith("env:"):
            values[own_variable(feed.address[4:], feed.id)] = legs[feed.id].listener
    return values


def write_plan(
    path: Path,
    sent: Path,
    films: Iterable[tuple[Contribution, Path]],
    film: Film,
    legs: Mapping[str, Leg],
) -> None:
    """The plan file for the process that sends `films` over `legs`."""
    pushes = [
        {
            "feed": one.feed,
            "number": one.number,
            "film": str(where),
            "url": legs[one.feed].caller,
            "fps": film.fps,
            "frames": film.frames,
        }
        for one, where in films
    ]
    path.touch(mode=0o600)
    replace_json(path, {"sent": str(sent), "pushes": pushes})
    path.chmod(0o600)


def read_plan(path: Path) -> tuple[list[Push], Path]:
    plan = json.loads(path.read_text())
    pushes = [Push(**push | {"film": Path(push["film"])}) for push in plan["pushes"]]
    return pushes, Path(plan["sent"])


def main(arguments: Sequence[str]) -> int:
    stop = child.begin("sites", nice=5)
    flag, path = arguments
    if flag != "--plan":
        raise SystemExit("usage: python -m orchestrator.rehearsal.sites --plan FILE")
    with Pushers(*read_plan(Path(path))):
        stop.wait()
    return 0


def _sources(slot: PlanSlot) -> set[str]:
    shown = set(slot.scene.places.values())
    for shot in slot.shots:
        shown |= set(shot.places.values())
    for stand_ins in slot.fallback.values():
        shown |= set(stand_ins)
    return shown


if __name__ == "__main__":
    sys.exit(child.log_unhandled("sites", lambda: main(sys.argv[1:])))
