"""A wish: what somebody asks of the desk, as it comes in, read with suspicion. Pure.

Everything here is text and numbers from outside; whatever is not as it should be is refused with a
code for programs and a sentence for people, and nothing has changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from orchestrator.control.roles import Role
from orchestrator.errors import CommandRejected
from orchestrator.rundown.times import Unreadable, gain, length

_NAME_LENGTH = 64
_REASON_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """`dry` asks only what would happen; `saw` has the versions of what the sender looked at."""

    verb: str
    author: str
    reason: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    dry: bool = False
    saw: Mapping[str, int] = field(default_factory=dict)
    role: Role = Role.ADMIN
    site: str = ""
    """Of a site's own people: theirs, and no other."""
    is_known: bool = True
    """`author` has signed in. On this machine's own command line anybody may be called anything."""

    @classmethod
    def read(
        cls, request: Any, *, role: Role = Role.ADMIN, site: str = "", is_known: bool = True
    ) -> Wish:
        """Raises CommandRejected."""
        if not isinstance(request, Mapping):
            raise CommandRejected("malformed", "a wish is one JSON object on one line")
        args = request.get("args", {})
        if not isinstance(args, Mapping):
            raise CommandRejected("malformed", "args is an object")
        _check_writable(args)
        author = _printable(request.get("author"), "author", _NAME_LENGTH)
        if not author:
            raise CommandRejected("malformed", "say who you are: author is empty")
        return cls(
            _printable(request.get("verb"), "verb", _NAME_LENGTH),
            author,
            _printable(request.get("reason", ""), "reason", _REASON_LENGTH),
            {str(key): value for key, value in args.items()},
            request.get("dry") is True,
            _versions(request.get("saw")),
            role,
            site,
            is_known,
        )

    def only(self, *known: str) -> None:
        """Refuse whatever nobody would look at."""
        for key in self.args:
            if key not in known:
                takes = f"it takes {', '.join(known)}" if known else "it takes nothing"
                raise CommandRejected("unknown-argument", f"{self.verb} has no {key}; {takes}")

    def text(self, key: str, default: str = "") -> str:
        value = self.args.get(key, default)
        if value is None:
            return default
        if not isinstance(value, str) or len(value) > _REASON_LENGTH:
            raise CommandRejected("malformed", f"{key} is a text")
        return value.strip()

    def flag(self, key: str, default: bool) -> bool:
        value = self.args.get(key, default)
        if not isinstance(value, bool):
            raise CommandRejected("malformed", f"{key} is true or false")
        return value

    def table(self, key: str) -> dict[str, Any]:
        value = self.args.get(key) or {}
        if not isinstance(value, Mapping) or len(value) > 32:
            raise CommandRejected("malformed", f"{key} is an object")
        return {str(name): item for name, item in value.items()}

    def frames(self, key: str, fps: int) -> int:
        """A length like `10m` or `-90s`, in frames."""
        text = self.text(key)
        sign = -1 if text.startswith(("-", "−")) else 1
        try:
            return sign * length(text.lstrip("+-−")).in_frames(fps)
        except Unreadable as error:
            raise CommandRejected("malformed", f"{error.message} {error.hint}".strip()) from error


def _check_writable(args: Mapping[Any, Any]) -> None:
    """Whatever a word makes of its arguments goes into the journal, and numbers into sums."""
    try:
        json.dumps(dict(args), ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise CommandRejected(
            "malformed", "args hold half a character, or a number that is none"
        ) from error


def _versions(value: Any) -> dict[str, int]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(
        isinstance(seen, int) and not isinstance(seen, bool) for seen in value.values()
    ):
        raise CommandRejected("malformed", "saw holds the version numbers of what you looked at")
    return {str(name): seen for name, seen in value.items()}


def read_gain(value: Any) -> float | None:
    """`-6 dB`, `off`, or a number of decibels. Raises CommandRejected."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:g} dB"
    try:
        return gain(str(value))
    except Unreadable as error:
        raise CommandRejected("malformed", f"{error.message} {error.hint}".strip()) from error


def unknown(code: str, what: str, name: str, known: Sequence[str]) -> CommandRejected:
    """`there is no source "londn.room"; did you mean london.room?`"""
    close = get_close_matches(name, known, 1, 0.6)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known[:20])}"
    return CommandRejected(code, f'there is no {what} "{name}"; {hint}')


def _printable(value: Any, key: str, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise CommandRejected("malformed", f"{key} is one line of text, at most {longest} long")
    return value.strip()
