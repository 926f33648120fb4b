"""A TCP connection, with or without TLS, of which every byte is accounted for. On an event loop.

`asyncio`'s own streams keep bytes in two buffers of their own under TLS, and tell of one. Here a
byte is either in the kernel or not written yet, and `arrived` asks the kernel how far the other
side has acknowledged (`tcpi_bytes_acked`): the only bytes known to have moved.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct

from orchestrator.delivery.rtmp.chunks import Payload

_READ_BYTES = 65536
_SEND_BUFFER_BYTES = 256 * 1024
_UNSENT_BYTES = 64 * 1024
"""What waits in the kernel is late, and cannot be taken back. A long way may hold the send buffer;
so much more may wait for its turn."""
_TCP_NOTSENT_LOWAT = 25  # Linux 3.12; Python names it from 3.12 on
_BYTES_ACKED_AT = 120  # struct tcp_info: tcpi_bytes_acked, Linux 4.1


class Pipe:
    """`read` in one task, `write` in any. All raise OSError (ssl.SSLError is one)."""

    def __init__(self, connected: socket.socket, tls: ssl.SSLContext | None, host: str) -> None:
        self._socket = connected
        self._loop = asyncio.get_running_loop()
        self._lock = asyncio.Lock()
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        if tls is not None:
            self._tls = tls.wrap_bio(self._in, self._out, server_hostname=host)
        self._acknowledged = self._acked()
        self.written = 0
        """Bytes for the wire, with TLS around them."""

    @classmethod
    async def connect(cls, host: str, port: int, tls: ssl.SSLContext | None) -> Pipe:
        """The first address that answers. TLS comes with `shake_hands`."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        error: OSError = OSError("it has no address")
        for family, kind, protocol, _, address in found:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setblocking(False)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.setsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
                await loop.sock_connect(sock, address)
                return cls(sock, tls, host)
            except OSError as refused:
                sock.close()
                error = refused
            except BaseException:
                sock.close()
                raise
        raise error

    async def shake_hands(self) -> None:
        """TLS, with the certificate and its name verified; nothing without TLS."""
        while self._tls is not None:
            try:
                self._tls.do_handshake()
                await self._flush()
                return
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()

    async def read(self) -> bytes:
        """Some bytes; none when the other side has ended."""
        if self._tls is None:
            return await self._loop.sock_recv(self._socket, _READ_BYTES)
        while True:
            try:
                return self._tls.read(_READ_BYTES)
            except ssl.SSLWantReadError:
                await self._flush()
                if not await self._fill():
                    return b""
            except ssl.SSLZeroReturnError:
                return b""

    async def write(self, data: Payload) -> None:
        """Returns when all is in the kernel. Who cancels it must abort the connection."""
        if self._tls is not None:
            self._tls.write(data)
            await self._flush()
        elif data:
            async with self._lock:
                self.written += len(data)
                await self._loop.sock_sendall(self._socket, data)

    @property
    def arrived(self) -> int:
        """Of `written`, what the other side's kernel has acknowledged."""
        return self._acked() - self._acknowledged

    def end(self) -> None:
        """Nothing more will be written; what was is still read by the other side."""
        self._socket.shutdown(socket.SHUT_WR)

    def abort(self) -> None:
        """Close now. What lies in the kernel still goes, if the other side takes it."""
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()

    async def _flush(self) -> None:
        """Send what TLS has made. The lock keeps its records in order."""
        async with self._lock:
            if data := self._out.read():
                self.written += len(data)
                await self._loop.sock_sendall(self._socket, data)

    async def _fill(self) -> int:
        data = await self._loop.sock_recv(self._socket, _READ_BYTES)
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()
        return len(data)

    def _acked(self) -> int:
        with contextlib.suppress(OSError, struct.error):
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
            return int(struct.unpack_from("<Q", info, _BYTES_ACKED_AT)[0])
        return 0
