"""The journal in a Redis stream, with a copy of it in the state folder.

Part of control, on its loop (jobs use it on a loop of their own). An entry's number is its id in
the stream (`7-0`), and Redis refuses an id that is not greater than the last one: so two writers
can never both write entry 7. Number and hash of the last entry are in a hash beside the stream,
and so is every version of the rundown, for a machine that has none of their files.

Redis may be slow or gone at any time. A write is given half a second; then nothing more is tried
until `catch_up`, once a second, finds Redis again. What was written although nobody heard of it in
time is voided there, so that no act happens late. While Redis is away, the copy says what is in
force, and the show goes on with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import redis.asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from orchestrator.bus.lines import json_of
from orchestrator.control.chain import (
    MENDED,
    VOID,
    Damage,
    Entry,
    Head,
    Reading,
    following,
    mending_args,
    next_entry,
    reading_of,
)
from orchestrator.errors import redacted
from orchestrator.timing import Clock

log = logging.getLogger(__name__)

PATIENCE_S = 0.5
_READING_S = 5.0
_CHUNK = 2000
_FIELD = b"line"
_Found = list[tuple[bytes, dict[bytes, bytes]]]


class JournalAway(OSError):
    """Redis did not answer in time, or refused; `strerror` is the sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(5, why)


class RedisJournal:
    """A `Ledger`. `open` first; it never fails for want of Redis."""

    def __init__(self, url: str, event: str, copy: Path, clock: Clock) -> None:
        self._url = url
        self.key = key_of(event)
        self._copy = copy
        self._clock = clock
        self._client: aioredis.Redis | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._entries: list[Entry] = []
        self._seq = 0
        self._doubtful: dict[str, int] = {}  # hash: number
        self._is_copy_lost = False
        self.damages: tuple[Damage, ...] = ()
        self.trouble = "the journal has not been opened"

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries)

    async def open(self) -> None:
        """Read and check the stream, mend it if need be; without Redis, what the copy says."""
        try:
            await self._load()
        except OSError as error:
            self._give_up(error)
            reading = reading_of(_bytes_of(self._copy), (0, ""))
            self._entries = list(reading.entries)
            self._seq = reading.highest_seq
            self.damages = reading.damages
        await self._drop_client()

    async def write(
        self,
        verb: str,
        *,
        n: int = 0,
        author: str = "",
        cause: str = "operator",
        reason: str = "",
        args: dict[str, Any] | None = None,
        press: Mapping[str, str] | None = None,
    ) -> Entry:
        if self.trouble:
            raise JournalAway(self.trouble)
        entry = next_entry(
            self._entries,
            self._seq + 1,
            self._clock.now_ns(),
            verb,
            n=n,
            author=author,
            cause=cause,
            reason=reason,
            args=args,
            press=press,
        )
        try:
            await self._add(entry)
        except OSError as error:
            self._give_up(error)
            raise
        self._take(entry)
        return entry

    async def catch_up(self) -> list[Entry]:
        known = len(self._entries)
        try:
            if self.trouble:
                was = self._entries
                await self._load()
                log.info("the journal in Redis can be written again")
                if self._entries[:known] != was:
                    return []  # another history: whoever needs it reads `entries` anew
            else:
                await self._follow()
            await self._void_doubtful(self._entries[known:])
        except OSError as error:
            # what could not be voided must not come into force: all of it is read again
            del self._entries[known:]
            self._give_up(error)
        return self._entries[known:]

    async def shelve(self, version: int, files: Mapping[str, bytes]) -> None:
        if self.trouble:
            raise JournalAway(self.trouble)
        mapping = cast(Any, dict(files))
        try:
            await self._asked(self._redis().hset(self._shelf(version), mapping=mapping), PATIENCE_S)
        except OSError as error:
            self._give_up(error)
            raise

    async def fetch(self, version: int) -> Mapping[str, bytes]:
        if self.trouble:
            raise JournalAway(self.trouble)
        asking = self._redis().hgetall(self._shelf(version))
        found: dict[bytes, bytes] = await self._asked(asking, _READING_S)
        return {name.decode(): content for name, content in found.items()}

    def _shelf(self, version: int) -> str:
        return f"{self.key}:rundown:{version}"

    async def _asked(self, asking: Any, patience_s: float) -> Any:
        try:
            async with asyncio.timeout(patience_s):
                return await asking
        except (RedisError, OSError, TimeoutError) as error:
            raise JournalAway(self._away(error)) from error
        finally:
            await self._drop_client()  # it is rare, and a job asks from a loop of its own each time

    async def shut(self) -> None:
        await self._drop_client()

    # Redis

    def _redis(self) -> aioredis.Redis:
        """The client of this loop: connections belong to the loop that made them."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._client = aioredis.Redis.from_url(
                self._url,
                socket_timeout=PATIENCE_S,
                socket_connect_timeout=PATIENCE_S,
                retry=Retry(NoBackoff(), 0),
            )
            self._loop = loop
        return self._client

    async def _drop_client(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await client.aclose()
            except (RedisError, OSError, TimeoutError):
                log.debug("the connection to Redis was gone already")

    async def _add(self, entry: Entry) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                redis = self._redis()
                fields = {_FIELD: json_of(entry.record())}
                await redis.xadd(self.key, cast(Any, fields), id=f"{entry.seq}-0")
        except ResponseError as error:
            if "equal or smaller" in str(error):
                raise JournalAway(
                    "somebody else has written to the journal meanwhile; look and press again"
                ) from error
            raise JournalAway(f"Redis refuses the journal: {error}") from error
        except (RedisError, OSError, TimeoutError) as error:
            self._doubtful[entry.hash] = entry.seq
            await self._drop_client()
            raise JournalAway(self._away(error)) from error
        try:
            async with asyncio.timeout(PATIENCE_S):
                head = {"seq": entry.seq, "hash": entry.hash}
                await cast(Any, redis).hset(f"{self.key}:head", mapping=head)
        except (RedisError, OSError, TimeoutError) as error:
            self._give_up(JournalAway(self._away(error)))  # the entry is written all the same

    async def _load(self) -> None:
        raw, head = await self._read()
        reading = reading_of(raw, head)
        self._entries = list(reading.entries)
        self._seq = reading.highest_seq
        self.damages = reading.damages
        self.trouble = ""
        self._copy_all(raw)
        damage = reading.open_damage
        if damage is not None:
            await self.write(
                MENDED, cause="journal", reason=damage.why, args=mending_args(raw, damage)
            )

    async def _read(self) -> tuple[bytes, Head]:
        try:
            async with asyncio.timeout(_READING_S):
                return await read_stream(self._redis(), self.key)
        except (RedisError, OSError, TimeoutError) as error:
            await self._drop_client()
            raise JournalAway(self._away(error)) from error

    async def _follow(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                last = f"({self._seq}-0"
                found = cast(_Found, await self._redis().xrange(self.key, min=last))
        except (RedisError, OSError, TimeoutError) as error:
            raise JournalAway(self._away(error)) from error
        for _, fields in found:
            line = fields.get(_FIELD, b"") + b"\n"
            entry = following(self._entries, line)
            if entry is None:
                await self._load()
                return
            self._take(entry)

    async def _void_doubtful(self, new: list[Entry]) -> None:
        """What nobody was told of is not to happen late, nor what only now reaches Redis."""
        for entry in new:
            if entry.hash in self._doubtful:
                await self.write(
                    VOID, cause="journal", reason="Redis had not answered", args={"seq": entry.seq}
                )
        # Redis takes no entry whose number is not greater than the last one's
        late = {digest: seq for digest, seq in self._doubtful.items() if seq > self._seq}
        self._doubtful = late

    def _away(self, error: Exception) -> str:
        why = redacted(str(error)) or "no answer"
        return f"the journal in Redis does not answer ({why})"

    def _give_up(self, error: OSError) -> None:
        why = error.strerror or str(error)
        if not self.trouble or self.trouble.startswith("the journal has not"):
            log.error("%s; commands are refused until it does, BLANK and PRIVACY work", why)
        self.trouble = why

    # the copy

    def _take(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._seq = entry.seq
        self._write_copy(json_of(entry.record()) + b"\n", "ab")

    def _copy_all(self, raw: bytes) -> None:
        """Bring the copy up to the stream; one that tells another story is kept aside."""
        known = _bytes_of(self._copy)
        if raw.startswith(known):
            self._write_copy(raw[len(known) :], "ab")
            return
        number = 1
        while (aside := self._copy.with_suffix(f".{number}.jsonl")).exists():
            number += 1
        log.error("the copy of the journal did not match Redis; it is kept as %s", aside.name)
        self._copy.replace(aside)
        self._write_copy(raw, "wb")

    def _write_copy(self, data: bytes, mode: str) -> None:
        try:
            with self._copy.open(mode) as file:
                file.write(data)
        except OSError as error:
            if not self._is_copy_lost:
                log.error("the copy of the journal cannot be written: %s", error.strerror)
            self._is_copy_lost = True


def key_of(event: str) -> str:
    return f"orchestrator:{event}:journal"


async def read_stream(redis: aioredis.Redis, key: str) -> tuple[bytes, Head]:
    """Every line there is, and the head. Raises RedisError or OSError."""
    lines: list[bytes] = []
    after = "-"
    while True:
        found = cast(_Found, await redis.xrange(key, min=after, count=_CHUNK))
        lines += [fields.get(_FIELD, b"") for _, fields in found]
        if len(found) < _CHUNK:
            break
        after = f"({found[-1][0].decode()}"
    head: dict[bytes, bytes] = await cast(Any, redis).hgetall(f"{key}:head")
    try:
        known = int(head[b"seq"]), head[b"hash"].decode()
    except (KeyError, ValueError):
        known = (0, "")
    return b"".join(line + b"\n" for line in lines), known


async def read_redis(url: str, event: str) -> Reading:
    """The journal in Redis, read only and checked. Raises OSError."""
    client = aioredis.Redis.from_url(
        url, socket_timeout=_READING_S, socket_connect_timeout=_READING_S
    )
    try:
        return reading_of(*await read_stream(client, key_of(event)))
    except RedisError as error:
        raise JournalAway(f"the journal in Redis cannot be read: {redacted(str(error))}") from error
    finally:
        await client.aclose()


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
