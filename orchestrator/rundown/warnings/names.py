"""W8: a lower third that has no name to show, or none that its audience can read.

A name must be written in the script of the floor language (`name` or `native`), and this machine
must have a font for it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from orchestrator.rundown.plan import GraphicCue, Person
from orchestrator.rundown.problem import Problem
from orchestrator.rundown.resolved import Slot
from orchestrator.rundown.warnings.day import Day, warning, warning_at

_SCRIPTS = {
    "LATIN": "az bs ca cs cy da de en es et eu fi fr ga gl hr hu id is it lt lv ms mt nb nl nn no "
    "pl pt ro sk sl sq sv sw tl tr uz vi",
    "ARABIC": "ar fa ps ur",
    "CYRILLIC": "be bg kk ky mk mn ru sr tg uk",
    "DEVANAGARI": "hi mr ne",
    "GREEK": "el",
    "HEBREW": "he",
    "BENGALI": "bn",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAI": "th",
    "HANGUL": "ko",
    "CJK": "zh ja",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
    "ETHIOPIC": "am",
}
SCRIPT_OF = {code: script for script, codes in _SCRIPTS.items() for code in codes.split()}
"""Language (first subtag) → the word with which Unicode begins the names of its letters."""


def unreadable(day: Day) -> Iterator[Problem]:
    """W8: nobody to name, no name in the floor language's script, or no font for the name."""
    for slot in day.resolved.slots:
        for cue in _cues(slot):
            named = slot.plan.people.get(cue.who or "", ())
            if not named and cue.who not in day.resolved.people:
                yield warning(
                    "W8",
                    slot,
                    "people",
                    f"a {cue.use} for {cue.who}, but the slot names nobody as {cue.who}.",
                    f"Add  people: {{{cue.who}: …}},  or take the graphic away.",
                )
        for person in _shown_people(day, slot):
            if not _has_readable_name(person, slot.plan.language):
                yield warning(
                    "W8",
                    slot,
                    "language",
                    f"{person.id} has no name in the script of the floor language "
                    f"({slot.plan.language}): only {person.native or person.name}.",
                    f"Add  native: …  to people.{person.id}.",
                )
    yield from _without_font(day)


def _cues(slot: Slot) -> Iterator[GraphicCue]:
    seen = set()
    for cue in slot.plan.graphics:
        if cue.who is not None and (cue.use, cue.who) not in seen:
            seen.add((cue.use, cue.who))
            yield cue


def _shown_people(day: Day, slot: Slot) -> list[Person]:
    ids = [
        id_
        for cue in _cues(slot)
        for id_ in (slot.plan.people.get(cue.who or "") or (cue.who or "",))
        if id_ in day.resolved.people
    ]
    return [day.resolved.people[id_] for id_ in dict.fromkeys(ids)]


def _has_readable_name(person: Person, language: str) -> bool:
    script = SCRIPT_OF.get(language.split("-")[0].lower())
    if script is None:
        return True  # we cannot tell
    return any(_is_in(script, name) for name in (person.name, person.native) if name)


def _is_in(script: str, name: str) -> bool:
    letters = [unicodedata.name(c, "") for c in name if unicodedata.category(c).startswith("L")]
    return bool(letters) and any(letter.startswith(script) for letter in letters)


def _without_font(day: Day) -> Iterator[Problem]:
    people = {p.id: p for slot in day.resolved.slots for p in _shown_people(day, slot)}
    for person in people.values():
        missing = sorted(day.undrawable.keys() & set(person.name + person.native))
        if missing:
            yield warning_at(
                "W8",
                person.mark,
                f"people › {person.id}",
                f"no font on this machine has {' '.join(missing)} "
                f"({', '.join(f'U+{ord(c):04X}' for c in missing)}), so the name cannot be drawn.",
                f"Install {_fonts(day, missing)}.",
            )


def _fonts(day: Day, characters: list[str]) -> str:
    named = dict.fromkeys(day.undrawable[c] for c in characters if day.undrawable[c])
    return " and ".join(named) or "a font that has it (the Noto family has nearly all)"
