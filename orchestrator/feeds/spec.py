"""What a feed or the clips' process needs to know of the rundown, and where secrets come from.

Read from the snapshot's JSON without pydantic: thirteen processes of 10 MiB less are worth thirty
lines. Addresses and passphrases may be `env:NAME`; they are looked up here, in the process that
uses them, and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.errors import FeedRefused
from orchestrator.rundown.environment import own_variable
from orchestrator.rundown.plan import Clip, Feed, Programme

_ENV = "env:"


@dataclass(frozen=True, slots=True)
class Spec:
    """The house format, everything that has a ring, and the records of feeds and clips."""

    programme: Programme
    sources: tuple[str, ...]
    """In the order of the `wants` page, as `Resolved.sources()`."""
    feeds: Mapping[str, Feed]
    clips: Mapping[str, Clip]

    @classmethod
    def of_snapshot(cls, text: bytes) -> Spec:
        """Raises ValueError if the text is not a resolved rundown."""
        try:
            value = json.loads(text)
            feeds = [_feed(f) for site in value["sites"].values() for f in site["feeds"]]
            clips = {key: _clip(clip) for key, clip in value["clips"].items()}
            return cls(
                Programme(**value["programme"]),
                (*(feed.id for feed in feeds), *(f"clip.{key}" for key in clips)),
                {feed.id: feed for feed in feeds},
                clips,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a resolved rundown: {error!r}") from error


def _feed(record: dict[str, Any]) -> Feed:
    return Feed(**{key: value for key, value in record.items() if key != "mark"})


def _clip(record: dict[str, Any]) -> Clip:
    return Clip(**{key: value for key, value in record.items() if key != "mark"})


def with_secrets(feed: Feed, environment: Mapping[str, str]) -> Feed:
    """`feed` with `env:NAME` looked up. Raises FeedRefused, naming what to set."""
    passphrase = feed.passphrase
    return replace(
        feed,
        address=_looked_up(feed.address, feed.id, environment),
        passphrase=None if passphrase is None else _looked_up(passphrase, feed.id, environment),
    )


def _looked_up(text: str, feed_id: str, environment: Mapping[str, str]) -> str:
    """`env:FEED_KEY` of paris.headset: FEED_KEY__PARIS_HEADSET, else FEED_KEY."""
    if not text.startswith(_ENV):
        return text
    name = text.removeprefix(_ENV)
    own = own_variable(name, feed_id)
    found = environment.get(own) or environment.get(name)
    if not found:
        raise FeedRefused(f"feed {feed_id}: neither {own} nor {name} is set on this machine")
    return found
