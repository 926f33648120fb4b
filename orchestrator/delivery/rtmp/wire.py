"""One RTMP connection on its socket: opened within stated times, then written to and listened to.

On the event loop of the process that opened it. Tried once; who wants it again asks again.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Awaitable
from typing import TypeVar

from orchestrator.delivery.rtmp.chunks import Payload
from orchestrator.delivery.rtmp.pipe import Pipe
from orchestrator.delivery.rtmp.publisher import Publisher, Stage
from orchestrator.errors import SinkRefused, SinkUnavailable
from orchestrator.rundown.rtmpaddress import RtmpAddress

T = TypeVar("T")

STEP_S = 5.0
"""For each step of opening: address and TCP, TLS, each answer of the server."""
_GOODBYE_S = 2.0


class Connection:
    """Published when `open` returns. `listen` runs in a task of its own."""

    def __init__(self, address: RtmpAddress, pipe: Pipe) -> None:
        self.address = address
        self.publisher = Publisher(address)
        self.pipe = pipe
        self.began_s = time.monotonic()
        self._ended = asyncio.Event()

    @classmethod
    async def open(cls, address: RtmpAddress, tls: ssl.SSLContext) -> Connection:
        """Connect and publish. Raises SinkUnavailable or SinkRefused, saying what was not done."""
        where = address.text
        try:
            pipe = await _within(
                Pipe.connect(address.host, address.port, tls if address.is_tls else None),
                f"{where} does not answer",
            )
        except OSError as error:
            raise SinkUnavailable(f"{where} cannot be reached: {_words(error)}") from error
        connection = cls(address, pipe)
        try:
            await connection._shake_hands()
            await connection._publish()
        except BaseException:
            pipe.abort()
            raise
        return connection

    async def listen(self) -> None:
        """Hear the server out. Only ever ends by raising SinkUnavailable."""
        while True:
            await self._hear()

    async def send(self, data: Payload) -> None:
        """Waits while the platform takes less than it is given. Raises SinkUnavailable."""
        try:
            await self.pipe.write(data)
        except OSError as error:
            raise SinkUnavailable(self._lost(error)) from error

    async def finish(self) -> None:
        """Say goodbye, and give the last bytes two seconds to be read. `abort` comes after it."""
        with contextlib.suppress(SinkUnavailable, OSError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await self.send(self.publisher.goodbye())
                self.pipe.end()
                await self._ended.wait()

    def abort(self) -> None:
        self.pipe.abort()

    async def _shake_hands(self) -> None:
        where = self.address.text
        try:
            await _within(self.pipe.shake_hands(), f"{where} is mute: TLS was not agreed on")
        except ssl.SSLCertVerificationError as error:
            raise SinkRefused(
                f"{where}: its certificate is not valid: {error.verify_message} (is it the right "
                "host? The CA of a house can be named in SSL_CERT_FILE)"
            ) from error
        except OSError as error:
            raise SinkUnavailable(f"{where} does not speak TLS: {_words(error)}") from error

    async def _publish(self) -> None:
        await self._flush()
        while (stage := self.publisher.stage) is not Stage.LIVE:
            await _within(
                self._until_not(stage), f"{self.address.text} is mute: {stage.value} did not come"
            )

    async def _until_not(self, stage: Stage) -> None:
        while self.publisher.stage is stage:
            await self._hear()

    async def _hear(self) -> None:
        try:
            data = await self.pipe.read()
        except OSError as error:
            self._ended.set()
            raise SinkUnavailable(self._lost(error)) from error
        if not data:
            self._ended.set()
            raise SinkUnavailable(self._lost(None))
        self.publisher.receive(data)
        await self._flush()

    async def _flush(self) -> None:
        if out := self.publisher.take():
            await self.send(out)

    def _lost(self, error: OSError | None) -> str:
        where, stage = self.address.text, self.publisher.stage
        how = "closed the connection" if error is None else f"broke off: {_words(error)}"
        if stage is Stage.PUBLISH:
            return f"{where} {how} when it was given the key (is it right, and open?)"
        return f"{where} {how}" + ("" if stage is Stage.LIVE else f" instead of {stage.value}")


async def _within(awaited: Awaitable[T], what: str) -> T:
    try:
        async with asyncio.timeout(STEP_S):
            return await awaited
    except TimeoutError:
        raise SinkUnavailable(f"{what} within {STEP_S:.0f} s") from None


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"{error.reason or error}"
    return error.strerror or str(error) or type(error).__name__
