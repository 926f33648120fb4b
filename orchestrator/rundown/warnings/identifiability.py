"""W12: words on screen, or in a file's name, by which a patient could be known.

A court has found a patient identified by hospital, date, operation and age, with no face shown.
Titles name the operation coarsely; they carry no age, initials or number, and no date of a case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from orchestrator.rundown.plan import PlanSlot
from orchestrator.rundown.problem import Problem
from orchestrator.rundown.warnings.day import Day, warning, warning_at

_AGE = re.compile(
    r"""(?ix)
    \b\d{1,3}\s*-?\s*(?:years?|yrs?|months?|weeks?|days?)[\s-]*old\b
    | \b\d{1,3}\s*(?:yo|y/o|y\.o\.)(?!\w)
    | \bage[ds]?\s*:?\s*\d{1,3}\b | \bâgée?\s+de\s+\d{1,3}\b
    | \bde\s+\d{1,3}\s+(?:ans|años|anos|anni)\b
    | \b\d{1,3}\s*-?\s*jährig\w*
    | \b\d{1,3}(?-i:[MF])\b
    """
)
_INITIALS = re.compile(
    r"""(?x)
    \b(?!(?:U\.\s?S|U\.\s?K|E\.\s?U|U\.\s?N|H\.\s?E|A\.\s?I)\.)(?:[A-Z]\.\s?){2,}(?!\w)
    | \b(?:[Pp]atiente?|[Mm]rs?|[Mm]s|Mme|Herr|Frau|Sra?)\.?\s+[A-Z]{1,3}\b\.?(?!\w)
    """
)
_NUMBER = re.compile(r"(?i)\b(?:MRN|NHS|hospital\s+no)\b\.?:?\s*\w*\d|(?<![\d.])\d{7,}(?![\d.])")
_MONTH = (
    r"(?:jan|feb|fév|mar|apr|avr|may|mai|jun|juin|jul|juil|aug|août|ago|sep|oct|okt|nov|dec|déc|dez"
    r"|ene|abr|fev|set|out|dic)\w*"
)
_DATE = re.compile(
    rf"""(?ix)
    \b\d{{4}}-\d{{1,2}}-\d{{1,2}}\b
    | \b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b
    | \b\d{{1,2}}(?:st|nd|rd|th|er|\.)?\s+(?:de\s+)?{_MONTH}\b
    | \b{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?!\s*(?:m|km|mm)\b)
    """
)


def identifiable(day: Day) -> Iterator[Problem]:
    """W12, over titles, the data of graphics, and clips' titles and file names."""
    for slot in [*(slot.plan for slot in day.resolved.slots), *day.resolved.standby]:
        is_case = "surgery" in slot.kinds or slot.consent is not None
        for where, text in _texts(slot):
            for what in found(text, is_case=is_case):
                yield warning("W12", slot, where, _sentence(what, text), _HINT)
    for clip in day.resolved.clips.values():
        for text in (clip.title, PurePosixPath(clip.file).stem.replace("-", " ").replace("_", " ")):
            for what in found(text, is_case=clip.consent is not None):
                yield warning_at(
                    "W12", clip.mark, f"clips › {clip.id}", _sentence(what, text), _HINT
                )


_HINT = "Name the operation coarsely; leave out ages, initials, numbers and dates."


def found(text: str, *, is_case: bool) -> Iterator[str]:
    """What `text` gives away: an age, initials, a number, and of a case also a date."""
    if match := _AGE.search(text):
        yield f"an age ({match[0].strip()})"
    if match := _INITIALS.search(text):
        yield f"initials ({match[0].strip()})"
    if match := _NUMBER.search(text):
        yield f"a number like a patient's ({match[0].strip()})"
    if is_case and (match := _DATE.search(text)):
        yield f"the date of a case ({match[0].strip()})"


def _texts(slot: PlanSlot) -> Iterator[tuple[str, str]]:
    for text in slot.title.values():
        yield "title", text
    for cue in slot.graphics:
        for value in cue.data.values():
            if isinstance(value, str):
                yield "graphics", value


def _sentence(what: str, text: str) -> str:
    return f'"{text}" holds {what}, by which a patient could be known.'
