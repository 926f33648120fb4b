"""AMF0: how RTMP commands and metadata are written (Adobe's Action Message Format 0). Pure.

Python's None, bool, numbers, str, dict and list; an `EcmaArray` is a dict with a count in front,
which is what players expect around onMetaData. Whatever comes from a server is bounded in depth.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

_NUMBER, _BOOLEAN, _STRING, _OBJECT, _NULL, _UNDEFINED = 0, 1, 2, 3, 5, 6
_ECMA_ARRAY, _END, _STRICT_ARRAY, _DATE, _LONG_STRING = 8, 9, 10, 11, 12
_DEEPEST = 8
_MOST_ITEMS = 1024


class EcmaArray(dict[str, Any]):
    """An associative array; written with its length."""


def encode(*values: Any) -> bytes:
    """The values, one after the other."""
    return b"".join(map(_encoded, values))


def decode(data: bytes) -> list[Any]:
    """Every value in `data`. Raises ValueError for what is not AMF0, or not all of it."""
    values, at = [], 0
    while at < len(data):
        value, at = _decoded(data, at, 0)
        values.append(value)
    return values


def _encoded(value: Any) -> bytes:
    if value is None:
        return bytes((_NULL,))
    if isinstance(value, bool):
        return bytes((_BOOLEAN, value))
    if isinstance(value, int | float):
        return struct.pack(">Bd", _NUMBER, value)
    if isinstance(value, str):
        text = value.encode()
        if len(text) > 0xFFFF:
            return struct.pack(">BI", _LONG_STRING, len(text)) + text
        return struct.pack(">BH", _STRING, len(text)) + text
    if isinstance(value, EcmaArray):
        return struct.pack(">BI", _ECMA_ARRAY, len(value)) + _properties(value)
    if isinstance(value, Mapping):
        return bytes((_OBJECT,)) + _properties(value)
    if isinstance(value, list | tuple):
        return struct.pack(">BI", _STRICT_ARRAY, len(value)) + encode(*value)
    raise TypeError(f"{type(value).__name__} has no AMF0 form")


def _properties(value: Mapping[str, Any]) -> bytes:
    parts = []
    for key, item in value.items():
        name = key.encode()
        parts += [struct.pack(">H", len(name)), name, _encoded(item)]
    return b"".join(parts) + bytes((0, 0, _END))


def _decoded(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > _DEEPEST:
        raise ValueError("AMF0 that is nested too deeply")
    try:
        kind = data[at]
        at += 1
        if kind == _NUMBER:
            return struct.unpack_from(">d", data, at)[0], at + 8
        if kind == _BOOLEAN:
            return bool(data[at]), at + 1
        if kind == _STRING:
            return _text(data, at + 2, *struct.unpack_from(">H", data, at))
        if kind == _LONG_STRING:
            return _text(data, at + 4, *struct.unpack_from(">I", data, at))
        if kind in (_NULL, _UNDEFINED):
            return None, at
        if kind == _OBJECT:
            return _table(data, at, depth)
        if kind == _ECMA_ARRAY:
            table, at = _table(data, at + 4, depth)
            return EcmaArray(table), at
        if kind == _STRICT_ARRAY:
            return _list(data, at + 4, struct.unpack_from(">I", data, at)[0], depth)
        if kind == _DATE:
            return struct.unpack_from(">d", data, at)[0], at + 10
    except (struct.error, IndexError):
        raise ValueError("AMF0 that is cut short") from None
    raise ValueError(f"AMF0 has no type {kind}")


def _text(data: bytes, at: int, length: int) -> tuple[str, int]:
    if at + length > len(data):
        raise ValueError("AMF0 that is cut short")
    return data[at : at + length].decode("utf-8", "replace"), at + length


def _table(data: bytes, at: int, depth: int) -> tuple[dict[str, Any], int]:
    table: dict[str, Any] = {}
    for _ in range(_MOST_ITEMS):
        name, at = _text(data, at + 2, *struct.unpack_from(">H", data, at))
        if not name and data[at] == _END:
            return table, at + 1
        table[name], at = _decoded(data, at, depth + 1)
    raise ValueError("AMF0 with too many properties")


def _list(data: bytes, at: int, count: int, depth: int) -> tuple[list[Any], int]:
    if count > _MOST_ITEMS:
        raise ValueError("AMF0 with too many items")
    items = []
    for _ in range(count):
        item, at = _decoded(data, at, depth + 1)
        items.append(item)
    return items, at
