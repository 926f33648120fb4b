"""The few errors that somebody catches. Everything else is a built-in and means a bug.

Every message is one sentence for the person who can do something about it. Whatever enters a
message has been through `redacted` if it could carry a key.
"""

from __future__ import annotations

import re

_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")
_SECRET_QUERY = re.compile(r"(?i)\b(passphrase|streamid|key|token|pass|password|secret)=[^&\s]+")
_RTMP_KEY = re.compile(r"(?i)\b(rtmps?://[^/\s]+/[^/\s]+/)[^\s?]+")


def redacted(text: str) -> str:
    """`text` without user names, passphrases and stream keys."""
    text = _USERINFO.sub("…@", text)
    text = _SECRET_QUERY.sub(r"\1=…", text)
    return _RTMP_KEY.sub(r"\1…", text)


class OrchestratorError(Exception):
    """Made for whoever catches it; `str()` is the sentence to show."""


class ConfigError(OrchestratorError):
    """The file is wrong. Printed without a traceback, exit 2, never retried."""


class StartError(OrchestratorError):
    """This machine cannot run it (port taken, no space, no ffmpeg). Exit 3, nothing started."""


class CommandRejected(OrchestratorError):
    """The operator's wish was refused; nothing has changed. `code` is stable for programs."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class MediaError(OrchestratorError):
    """The world out there. `retryable` says whether waiting can help."""

    retryable = True


class FeedUnavailable(MediaError):
    """Refused, unreachable or timed out."""


class FeedEnded(MediaError):
    """A clean end."""


class FeedBroken(MediaError):
    """Undecodable, or time stamps beyond repair."""


class FeedRefused(MediaError):
    """401, 403 or an unknown protocol: a person must act."""

    retryable = False


class EncoderFailed(MediaError):
    """A rendition's encoder gave up; it restarts at the next segment."""


class SinkUnavailable(MediaError):
    """A platform or a disk."""


class SinkRefused(SinkUnavailable):
    """A platform said no: to the key, most likely. It is asked again, a person should look."""
