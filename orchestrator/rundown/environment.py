"""What the file needs and this machine may not have: variables with secrets, media files.

Reads the file system, never a secret's value. Notes at `check`; `run` makes them errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import ConfigError
from orchestrator.rundown.plan import Feed, Output, Plan
from orchestrator.rundown.problem import Mark, Problem, Severity
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.rtmpaddress import RtmpAddress

_ENV = "env:"


def check_environment(
    plan: Plan, environ: Mapping[str, str], base_dir: Path, *, pushes: bool = True
) -> tuple[Problem, ...]:
    """One note for every variable that is not set, that holds no address, and every file that is
    not there. Without `pushes` (a rehearsal opens none) theirs are nobody's business.

    A feed is content with a variable of its own: `FEED_KEY__PARIS_HEADSET` instead of `FEED_KEY`.

    Paths of media files are relative to `base_dir`, the folder of the event's file.
    """
    outputs = plan.outputs if pushes else ()
    return (
        *_variables([*_feeds(plan.feeds()), *_pushes(outputs)], environ),
        *_addresses(outputs, environ),
        *_files(plan, base_dir),
    )


def _variables(wanted: Sequence[_User], environ: Mapping[str, str]) -> Iterator[Problem]:
    lacking: dict[str, list[_User]] = {}
    for user in wanted:
        if not any(environ.get(name) for name in user.variables()):
            lacking.setdefault(user.name, []).append(user)
    for name, users in lacking.items():
        first = users[0]
        ids = list(dict.fromkeys(user.id for user in users))
        others = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        own = f"   (or {first.own}=… for that feed alone)" if first.own else ""
        yield Problem(
            first.mark,
            Severity.NOTE,
            "N-secret",
            f"{name} is not set; {first.id}{others} cannot connect without it.",
            hint=f"export {name}=…{own}",
        )


@dataclass(frozen=True, slots=True)
class _User:
    """Who needs the variable `name`. `own` is that of one feed alone, which comes first."""

    id: str
    name: str
    mark: Mark
    own: str = ""

    def variables(self) -> tuple[str, ...]:
        return (self.own, self.name) if self.own else (self.name,)


def secret_names(day: Plan | Resolved) -> dict[str, list[str]]:
    """The variables that hold addresses and keys, by who may know them: `feeds`, `push.<id>`."""
    feeds = dict.fromkeys(name for user in _feeds(day.feeds()) for name in user.variables())
    pushes: dict[str, list[str]] = {}
    for user in _pushes(day.outputs):
        pushes.setdefault(f"push.{user.id}", []).append(user.name)
    return {"feeds": list(feeds), **pushes}


def own_variable(name: str, feed: str) -> str:
    """`FEED_KEY` of mumbai.headset is looked up as `FEED_KEY__MUMBAI_HEADSET` first."""
    return f"{name}__{re.sub('[^0-9A-Za-z]', '_', feed).upper()}"


def _addresses(outputs: Iterable[Output], environ: Mapping[str, str]) -> Iterator[Problem]:
    """What is set must be an address too; it is never repeated, for it holds the key."""
    for user in _pushes(outputs):
        if not (found := environ.get(user.name)):
            continue
        try:
            RtmpAddress.parse(found)
        except ConfigError as error:
            yield Problem(
                user.mark,
                Severity.NOTE,
                "N-address",
                f"{user.name} {error}; push {user.id} cannot connect with it.",
                hint=f"export {user.name}=rtmps://HOST/APP/KEY",
            )


def _feeds(feeds: Iterable[Feed]) -> Iterator[_User]:
    for feed in feeds:
        for text in (feed.address, feed.passphrase):
            if text is not None and text.startswith(_ENV):
                name = text.removeprefix(_ENV)
                yield _User(feed.id, name, feed.mark, own_variable(name, feed.id))


def _pushes(outputs: Iterable[Output]) -> Iterator[_User]:
    for output in outputs:
        for text in (output.url, output.options.get("backup"), *output.options.get("then", ())):
            if text is not None and text.startswith(_ENV):
                yield _User(output.id, text.removeprefix(_ENV), output.mark)


def _files(plan: Plan, base_dir: Path) -> Iterator[Problem]:
    wanted = [(f"clips › {clip.id}", clip.file, clip.mark) for clip in plan.clips.values()]
    wanted += [
        (f"sites › {feed.site}", feed.address, feed.mark)
        for feed in plan.feeds()
        if feed.kind in ("file", "still") and not feed.address.startswith(_ENV)
    ]
    wanted += [
        (f"sites › {site.id}", site.slate, site.mark)
        for site in plan.sites.values()
        if site.slate is not None
    ]
    for path, file, mark in dict.fromkeys(wanted):
        if not _is_there(base_dir / file):
            yield Problem(
                mark, Severity.NOTE, "N-clip", f"there is no file {file} here.", path=path
            )


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
