"""What the file needs and this machine may not have: variables with secrets, media files.

Reads the file system, never a secret's value. Notes at `check`; `run` makes them errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from orchestrator.rundown.plan import Plan
from orchestrator.rundown.problem import Mark, Problem, Severity


def check_environment(
    plan: Plan, environ: Mapping[str, str], base_dir: Path
) -> tuple[Problem, ...]:
    """One note for every variable that is not set and every file that is not there.

    Paths of media files are relative to `base_dir`, the folder of the event's file.
    """
    return (*_variables(plan, environ), *_files(plan, base_dir))


def _variables(plan: Plan, environ: Mapping[str, str]) -> Iterator[Problem]:
    users: dict[str, list[tuple[str, Mark]]] = {}
    for user, text, mark in _addresses(plan):
        if text is not None and text.startswith("env:"):
            users.setdefault(text.removeprefix("env:"), []).append((user, mark))
    for name, found in users.items():
        if environ.get(name):
            continue
        first, mark = found[0]
        others = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield Problem(
            mark,
            Severity.NOTE,
            "N-secret",
            f"{name} is not set; {first}{others} cannot connect without it.",
            hint=f"export {name}=…",
        )


def _addresses(plan: Plan) -> Iterator[tuple[str, str | None, Mark]]:
    for feed in plan.feeds():
        yield feed.id, feed.address, feed.mark
        yield feed.id, feed.passphrase, feed.mark
    for output in plan.outputs:
        yield output.id, output.url, output.mark
        yield output.id, output.options.get("backup"), output.mark


def _files(plan: Plan, base_dir: Path) -> Iterator[Problem]:
    wanted = [(f"clips › {clip.id}", clip.file, clip.mark) for clip in plan.clips.values()]
    wanted += [
        (f"sites › {feed.site}", feed.address, feed.mark)
        for feed in plan.feeds()
        if feed.kind in ("file", "still") and not feed.address.startswith("env:")
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
