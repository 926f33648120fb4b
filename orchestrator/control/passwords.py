"""Passwords as argon2id hashes: slow on purpose, 32 MiB and a tenth of a second each.

Blocking; control asks in a thread, one at a time, so that guessing takes neither memory nor cores
from the programme.
"""

from __future__ import annotations

import functools

import argon2

from orchestrator.errors import ConfigError

LEAST, MOST = 10, 200
_HASHER = argon2.PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)


def hashed(password: str, name: str) -> str:
    """Raises ConfigError for a password that is none."""
    if not LEAST <= len(password) <= MOST:
        raise ConfigError(f"a password has {LEAST} to {MOST} characters; a few words are best")
    if name.casefold() in password.casefold() and len(password) < len(name) + LEAST:
        raise ConfigError("this password is hardly more than the name; choose another")
    return _HASHER.hash(password)


def is_right(password: str, stored: str) -> bool:
    """Takes as long for nobody's password (`stored` empty) as for somebody's."""
    try:
        return _HASHER.verify(stored or _nobodys(), password[:MOST]) and bool(stored)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


@functools.cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")
