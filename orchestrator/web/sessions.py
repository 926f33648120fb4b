"""Session cookies: signed, expiring, and worth nothing without the account they are of. Pure but
for the key's file.

A cookie is `base64(JSON).base64(HMAC-SHA256)`. It names whom it is of and that one's stamp, not
what they may do: role and site are looked up with every request, so a changed password, role or a
removed account ends every session at once. A session lives twelve hours from its last renewal and
never longer than thirty-six: longer than any shift, shorter than a forgotten laptop.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.control.accounts import write_secret
from orchestrator.errors import ConfigError

log = logging.getLogger(__name__)

COOKIE = "orch_session"
LIVES_S = 12 * 3600
LONGEST_S = 36 * 3600
_RENEWED_AFTER_S = 3600
_KEY_BYTES = 32
_LONGEST_TEXT = 1024


@dataclass(frozen=True, slots=True)
class Session:
    """`subject` is `user:NAME` or `token:ID`; times in seconds since 1970."""

    subject: str
    stamp: str
    id: str
    began_s: int
    expires_s: int

    def renewed(self, now_s: float) -> Session | None:
        """The same, living longer; None if it is not time for that."""
        expires_s = min(int(now_s) + LIVES_S, self.began_s + LONGEST_S)
        return replace(self, expires_s=expires_s) if (
            expires_s - self.expires_s >= _RENEWED_AFTER_S
        ) else None  # fmt: skip


class Signer:
    """Signs and reads cookies, and makes each session's CSRF token."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of_file(cls, path: Path) -> Signer:
        """The key of this state folder, made at first; one that cannot be kept ends with us."""
        try:
            key = path.read_bytes()
        except OSError:
            key = b""
        if len(key) != _KEY_BYTES:
            key = secrets.token_bytes(_KEY_BYTES)
            try:
                write_secret(path, key)
            except ConfigError as error:
                log.error("everybody must sign in again when control restarts: %s", error)
        return cls(key)

    def begin(self, subject: str, stamp: str, now_s: float, longest_s: int = LIVES_S) -> Session:
        expires_s = int(now_s) + min(LIVES_S, longest_s)
        return Session(subject, stamp, secrets.token_hex(12), int(now_s), expires_s)

    def cookie(self, session: Session) -> str:
        fields = [getattr(session, name) for name in Session.__slots__]
        body = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
        return f"{_text(body)}.{_text(self._mac(b'session', body))}"

    def read(self, cookie: str, now_s: float) -> Session | None:
        """None for whatever was not signed here, was changed, or is too old."""
        body, mac = _parts(cookie)
        if not hmac.compare_digest(mac, self._mac(b"session", body)):
            return None
        subject, stamp, sid, began_s, expires_s = json.loads(body)
        return Session(subject, stamp, sid, began_s, expires_s) if now_s < expires_s else None

    def csrf(self, session: Session) -> str:
        """What unsafe requests of this session must carry: another site cannot know it."""
        return _text(self._mac(b"csrf", session.id.encode()))

    def is_csrf(self, session: Session, said: str) -> bool:
        return hmac.compare_digest(said.encode(errors="replace"), self.csrf(session).encode())

    def _mac(self, purpose: bytes, body: bytes) -> bytes:
        return hmac.digest(self._key, purpose + b"\0" + body, hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _parts(cookie: str) -> tuple[bytes, bytes]:
    """Body and signature; empty ones for what is no cookie of ours."""
    body, dot, mac = cookie.partition(".")
    if not dot or len(cookie) > _LONGEST_TEXT or not cookie.isascii():
        return b"", b""
    try:
        return _raw(body), _raw(mac)
    except ValueError:
        return b"", b""


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
