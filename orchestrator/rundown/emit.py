"""YAML text for plain Python objects, quoted so that it is read back as the same text. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_PLAIN = re.compile(r"[A-Za-z0-9.][A-Za-z0-9._+/-]*(?: [A-Za-z0-9][A-Za-z0-9._/-]*)*")
_SPECIAL = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def scalar(text: str) -> str:
    """Bare where that cannot be misread, in double quotes otherwise."""
    if _PLAIN.fullmatch(text) and text.lower() not in ("null", "", "---", "..."):
        return text
    return '"' + "".join(_character(c) for c in text) + '"'


def _character(c: str) -> str:
    if c in _SPECIAL:
        return _SPECIAL[c]
    if c.isprintable():
        return c
    code = ord(c)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def flow(value: Any) -> str:
    """On one line; None is `~`."""
    if value is None:
        return "~"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(str(k))}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(str(value))


def block(fields: Mapping[str, Any], indent: str) -> list[str]:
    """One line per field."""
    return [f"{indent}{scalar(key)}: {flow(value)}" for key, value in fields.items()]


def item(fields: Mapping[str, Any], indent: str) -> list[str]:
    """A member of a list: the first field behind the dash."""
    first, *rest = block(fields, indent + "  ")
    return [f"{indent}- {first.lstrip()}", *rest]
