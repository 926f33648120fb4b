"""Where an output goes, and the opening of a connection there. On the push's event loop."""

from __future__ import annotations

import contextlib
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.delivery.push.spec import PushSpec, address_of
from orchestrator.delivery.rtmp.wire import Connection
from orchestrator.errors import ConfigError, SinkRefused
from orchestrator.rundown.rtmpaddress import RtmpAddress

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Aim:
    """The primary or the backup address of one of an output's broadcasts."""

    which: str
    broadcast: int


class Dialer:
    """Tries once. `where` is the last address tried, without its key."""

    def __init__(self, spec: PushSpec, environment: Mapping[str, str]) -> None:
        self._spec = spec
        self._environment = environment
        self._tls = ssl.create_default_context()
        self.where = ""
        self.connections = 0

    async def open(self, aim: Aim) -> Connection:
        """Raises SinkUnavailable or SinkRefused."""
        address = self._address(aim)
        self.where = address.text
        connection = await Connection.open(address, self._tls)
        self.connections += 1
        log.info("push %s: on air at %s", self._spec.id, address.text)
        return connection

    def is_same_place(self, one: Aim, other: Aim) -> bool:
        with contextlib.suppress(SinkRefused):
            return self._address(one) == self._address(other)
        return False

    def _address(self, aim: Aim) -> RtmpAddress:
        """Raises SinkRefused, if this machine does not know it."""
        try:
            return address_of(self._spec.text_of(aim.which, aim.broadcast), self._environment)
        except ConfigError as error:
            raise SinkRefused(str(error)) from error
