"""What `sheet` does with files: write the sheet; take it back, but only if the file then loads.

The patched file is written beside the old one, loaded, compared with what the sheet wants, and
only then takes its place.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestrator.errors import OrchestratorError
from orchestrator.rundown import sheet
from orchestrator.rundown.load import load
from orchestrator.rundown.plan import Plan
from orchestrator.rundown.problem import Severity
from orchestrator.rundown.sheetpatch import patched
from orchestrator.rundown.spans import CannotPatch


class SheetError(OrchestratorError):
    """File or sheet is wrong; nothing has been written."""


def write(event: Path, day: Path) -> list[str]:
    """Write the sheet. Lines to say."""
    text = sheet.export(_plan(event))
    try:
        day.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise SheetError(f"cannot write {day}: {error.strerror}") from error
    return [f"{day}: edit it, then  orchestrator sheet --apply {day} {event}"]


def take(event: Path, day: Path, *, is_dry: bool) -> list[str]:
    """Take the edits of the sheet into the file. Lines to say."""
    plan = _plan(event)
    try:
        edits = sheet.changed(plan, _read(day))
        if not edits.changes and not edits.new:
            return ["Nothing has been edited; the file stays as it is."]
        text = patched(plan, _read(event, keep_mark=True), edits)
    except (sheet.WrongSheet, CannotPatch) as error:
        raise SheetError(str(error)) from error
    _replace(event, plan, text, edits, is_dry=is_dry)
    return [
        *(change.text() for change in edits.changes),
        *(row.text() for row in edits.new),
        "Nothing is written (--dry-run)." if is_dry else f"Written to {event}.",
    ]


def _replace(event: Path, plan: Plan, text: str, edits: sheet.Edits, *, is_dry: bool) -> None:
    beside = event.with_name(f".{event.name}.new")  # beside it, for what it includes
    try:
        beside.write_bytes(text.encode("utf-8"))
        after = _plan(beside, shown=event)
        if wrong := sheet.surprises(plan, after, edits):
            raise SheetError(
                f"the file would not say what the sheet says ({', '.join(wrong)}); "
                "change it by hand"
            )
        if not is_dry:
            shutil.copymode(event, beside)
            beside.replace(event)
    except OSError as error:
        raise SheetError(f"cannot write {event}: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)


def _read(path: Path, *, keep_mark: bool = False) -> str:
    """The text with its line ends as they are; with its byte order mark only if asked."""
    try:
        return path.read_bytes().decode("utf-8" if keep_mark else "utf-8-sig")
    except OSError as error:
        raise SheetError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SheetError(f"{path} is not UTF-8; save it as CSV UTF-8") from error


def _plan(path: Path, shown: Path | None = None) -> Plan:
    """The plan in `path`. Raises SheetError with all that is wrong, as if it were `shown`."""
    loaded = load(path)
    if loaded.plan is not None:
        return loaded.plan
    errors = [p.text() for p in loaded.problems if p.severity is Severity.ERROR]
    raise SheetError("\n".join(errors).replace(str(path), str(shown or path)))
