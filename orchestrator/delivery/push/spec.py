"""What one push process is told, from `processes.json`, and where its keys come from. Pure.

Addresses are `env:NAME`: looked up here, in the process that uses them, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.delivery.push.again import BACKUP
from orchestrator.errors import ConfigError, StartError
from orchestrator.rundown.rtmpaddress import RtmpAddress

_ENV = "env:"


@dataclass(frozen=True, slots=True)
class PushSpec:
    """One of `outputs.push`. `ladder` is in order of preference, all of it really made."""

    id: str
    audience: str
    ladder: tuple[str, ...]
    url: str
    backup: str | None = None
    then: tuple[str, ...] = ()
    """Addresses of the broadcasts after the first; the last one is kept."""
    handover_frames: int = 0
    """A broadcast's length; 0 for one that lasts as long as the event."""
    start_n: int = 0
    end_n: int = 0

    @classmethod
    def of(cls, processes: Mapping[str, Any], output: str) -> PushSpec:
        """Raises StartError if there is no such output, or no whole one."""
        try:
            record = next(push for push in processes["pushes"] if push["id"] == output)
            return cls(
                id=output,
                audience=str(record["audience"]),
                ladder=tuple(map(str, record["ladder"])),
                url=str(record["url"]),
                backup=None if record.get("backup") is None else str(record["backup"]),
                then=tuple(map(str, record.get("then") or ())),
                handover_frames=round(float(record.get("handover_s") or 0) * int(processes["fps"])),
                start_n=int(processes["start_n"]),
                end_n=int(processes["end_n"]),
            )
        except (KeyError, TypeError, ValueError, StopIteration) as error:
            raise StartError(f"processes.json knows no push {output}: {error!r}") from error

    def text_of(self, which: str, broadcast: int) -> str:
        """The address as the rundown has it: `env:NAME`, or a plain one."""
        if which == BACKUP and self.backup is not None:
            return self.backup
        return (self.url, *self.then)[min(broadcast, len(self.then))]


def address_of(text: str, environment: Mapping[str, str]) -> RtmpAddress:
    """Raises ConfigError, naming the variable that is not set or holds no address."""
    if not text.startswith(_ENV):
        return RtmpAddress.parse(text)
    name = text.removeprefix(_ENV)
    found = environment.get(name)
    if not found:
        raise ConfigError(f"{name} is not set on this machine")
    try:
        return RtmpAddress.parse(found)
    except ConfigError as error:
        raise ConfigError(f"{name} {error}") from None
