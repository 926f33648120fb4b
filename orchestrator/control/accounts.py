"""Who may come in: people with a password, tokens of programs and sites, links that work once.

One file, `users.json` in the state folder, readable by its owner only. The command line and the
control process both write it, each under a lock and by replacing the whole file; control looks at
the file's stamp with every request, so what is revoked is out at once. A secret is never in it:
passwords as argon2 hashes (`passwords.py`), tokens as their SHA-256.

Light: the supervisor reads it to know whether anybody can sign in at all.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from orchestrator.control.roles import Role
from orchestrator.errors import ConfigError

_NAME = re.compile(r"[^\W_](?:[\w.\-]{0,30}[^\W_])?")
_PREFIX = "orch"
_ENDED_MOST = 2000
FIRST_LIVES_S = 24 * 3600


class Kind(StrEnum):
    """What a token is for."""

    API = "api"  # a program: `Authorization: Bearer`
    SITE = "site"  # the page of one site: a link that goes on working until it expires
    GUEST = "guest"  # the page of one guest, likewise
    FIRST = "first"  # makes the first administrator, once
    INVITE = "invite"  # lets the person whose name it bears choose a password, once


@dataclass(frozen=True, slots=True)
class Account:
    """A person. `stamp` changes with password and role: sessions of before are over. Without a
    password, which an invited person has yet to choose, nobody can sign in."""

    name: str
    role: Role
    site: str = ""
    password: str = field(default="", repr=False)
    stamp: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """`expires_s` in seconds since 1970. `person` is whose page a guest's link opens."""

    id: str
    kind: Kind
    name: str
    role: Role
    expires_s: int
    site: str = ""
    sha256: str = field(default="", repr=False)
    person: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """The whole file. `ended` are the sessions that were signed out, until they would expire."""

    users: Mapping[str, Account] = field(default_factory=dict)
    tokens: Mapping[str, Token] = field(default_factory=dict)
    ended: Mapping[str, int] = field(default_factory=dict)

    def admins(self) -> list[str]:
        return [one.name for one in self.users.values() if one.role is Role.ADMIN]

    def is_taken(self, name: str) -> bool:
        """A name says who did it, in the journal too: nobody and nothing else may bear it."""
        names = [*self.users, *(token.name for token in self.tokens.values())]
        return any(_same(name, one) for one in names)

    def without_invitation(self, name: str) -> Mapping[str, Token]:
        """The tokens, but for the link by which this person may choose a password."""
        return {
            key: one
            for key, one in self.tokens.items()
            if one.kind is not Kind.INVITE or one.name != name
        }

    def with_ended(self, session: str, until_s: int, now_s: float) -> Book:
        """One session signed out; those that would have expired by now are forgotten."""
        kept = {key: until for key, until in self.ended.items() if until > now_s}
        newest = dict(list(kept.items())[-_ENDED_MOST:])
        return replace(self, ended={**newest, session: until_s})

    def token(self, text: str, now_s: float) -> Token | None:
        """The token that `text` is, if it is one and still good. Takes the same time for any."""
        digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()
        found = self.tokens.get(_id_of(text))
        is_right = hmac.compare_digest(digest, found.sha256 if found else digest[::-1])
        return found if found and is_right and now_s < found.expires_s else None


class Accounts:
    """The file. Any thread; `book` is a stat when nothing has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._book = Book()

    def book(self) -> Book:
        """Raises ConfigError for a file that cannot be read: then nobody gets in."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return Book()
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be read: {error.strerror}") from error
        stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            self._book, self._stamp = _read(self._path), stamp
        return self._book

    def change(self, how: Callable[[Book], Book]) -> Book:
        """Write what `how` makes of the book. Raises ConfigError, and whatever `how` raises."""
        with self._locked():
            book = how(self.book())
            _write(self._path, book)
        return book

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            fd = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigError(f"{self._path.parent}: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def put(self, account: Account) -> None:
        """Add a person or change one; sessions that were open are over."""
        fresh = replace(account, stamp=secrets.token_hex(8))
        self.change(lambda book: replace(book, users={**book.users, account.name: fresh}))

    def give_password(self, account: Account, password: str) -> Account:
        """A person who is there, with a new password; sessions that were open are over, and so is
        a link by which another one could be chosen. Raises ConfigError if they were changed or
        removed since `account` was read: hashing takes a while, and whoever was put out meanwhile
        must not come back by it."""
        fresh = replace(account, password=password, stamp=secrets.token_hex(8))

        def with_it(book: Book) -> Book:
            if book.users.get(account.name) != account:
                raise ConfigError(f"{account.name} was changed meanwhile; sign in again")
            tokens = book.without_invitation(account.name)
            return replace(book, users={**book.users, account.name: fresh}, tokens=tokens)

        self.change(with_it)
        return fresh

    def remove(self, name: str) -> None:
        def without(book: Book) -> Book:
            if name not in book.users:
                raise ConfigError(_unknown("user", name, book.users))
            kept = {k: v for k, v in book.users.items() if k != name}
            return replace(book, users=kept, tokens=book.without_invitation(name))

        self.change(without)

    def mint(
        self,
        kind: Kind,
        name: str,
        role: Role,
        expires_s: int,
        site: str = "",
        person: str = "",
    ) -> str:
        """A new token, told this once. Raises ConfigError if the name is somebody's."""
        text, token = new_token(kind, name, role, expires_s, site, person)

        def with_it(book: Book) -> Book:
            if book.is_taken(name):
                raise ConfigError(f"{name} is taken; who did what must stay clear: choose another")
            return replace(book, tokens={**book.tokens, token.id: token})

        self.change(with_it)
        return text

    def revoke(self, which: str) -> Token:
        """By id or name. Raises ConfigError."""
        gone: list[Token] = []

        def without(book: Book) -> Book:
            gone.extend(t for t in book.tokens.values() if which in (t.id, t.name))
            if not gone:
                raise ConfigError(_unknown("token", which, [t.name for t in book.tokens.values()]))
            kept = {k: t for k, t in book.tokens.items() if t not in gone}
            return replace(book, tokens=kept)

        self.change(without)
        return gone[0]

    def end(self, session: str, expires_s: int, now_s: float) -> None:
        """Sign one session out."""
        self.change(lambda book: book.with_ended(session, expires_s, now_s))

    def first_link(self, now_s: float) -> str:
        """The token of a link that makes the first administrator; empty if there is one.

        The link of an earlier start stops working: only who saw this start may use it."""
        if self.book().admins():
            return ""

        def without(book: Book) -> Book:
            kept = {k: t for k, t in book.tokens.items() if t.kind is not Kind.FIRST}
            return replace(book, tokens=kept)

        self.change(without)
        return self.mint(Kind.FIRST, "first-start", Role.ADMIN, int(now_s) + FIRST_LIVES_S)

    def begin(self, first: Token, account: Account) -> None:
        """The first administrator; the link is used up. Raises ConfigError if it was already."""
        fresh = replace(account, stamp=secrets.token_hex(8))

        def begun(book: Book) -> Book:
            if first.id not in book.tokens or book.admins():
                raise ConfigError("this link has been used")
            if book.is_taken(account.name):
                raise ConfigError(f"{account.name} is taken; choose another name")
            kept = {k: t for k, t in book.tokens.items() if t.id != first.id}
            return replace(book, tokens=kept, users={**book.users, account.name: fresh})

        self.change(begun)


def new_token(
    kind: Kind, name: str, role: Role, expires_s: int, site: str = "", person: str = ""
) -> tuple[str, Token]:
    """Its text, which nothing keeps, and what is kept of it."""
    token_id = secrets.token_hex(4)
    text = f"{_PREFIX}_{kind.value}_{token_id}_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    return text, Token(token_id, kind, name, role, expires_s, site, digest, person)


def check_name(name: str) -> str:
    """Raises ConfigError for what would not stand well in the journal."""
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name[:40]!r} is no name: letters and digits, with . _ - between, at most 32"
        )
    return name


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _id_of(text: str) -> str:
    parts = text.split("_", 3)
    return parts[2] if len(parts) == 4 and parts[0] == _PREFIX else ""


def _unknown(what: str, name: str, known: Any) -> str:
    there = ", ".join(sorted(known)) or "none yet"
    return f"there is no {what} {name!r}; there are: {there}"


def _read(path: Path) -> Book:
    try:
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        record = json.loads(path.read_bytes())
        users = {r["name"]: Account(**r | {"role": Role(r["role"])}) for r in record["users"]}
        tokens = {
            r["id"]: Token(**r | {"role": Role(r["role"]), "kind": Kind(r["kind"])})
            for r in record["tokens"]
        }
        return Book(users, tokens, {str(k): int(v) for k, v in record["ended"].items()})
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path} is damaged ({error}); nobody can sign in. Restore it from a backup, or "
            "remove it and add everybody anew with: orchestrator user add"
        ) from error


def _write(path: Path, book: Book) -> None:
    """Wholly or not at all, and never for a moment readable by others. Raises ConfigError."""
    record = {
        "users": [asdict(one) for one in book.users.values()],
        "tokens": [asdict(one) for one in book.tokens.values()],
        "ended": dict(book.ended),
    }
    write_secret(path, json.dumps(record, ensure_ascii=False, indent=1).encode())


def write_secret(path: Path, body: bytes) -> None:
    """Replace a file of mode 0600, on the disk before it is there. Raises ConfigError."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        fd = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(fd, "wb") as file:  # noqa: PTH123 - of a descriptor
            file.write(body)
            file.flush()
            os.fsync(fd)
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # nothing can be taken away on a read-only disk either
            partial.unlink(missing_ok=True)
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
