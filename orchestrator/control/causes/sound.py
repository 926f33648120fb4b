"""Sound that is too quiet, too loud, or gone: of the programme, and of feeds before air. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.control.causes import feeds
from orchestrator.control.incidents import Action, Finding, Grade
from orchestrator.control.sight import Sight
from orchestrator.rundown.standin import is_slate

_FAR_LU = 8.0
_AFTER_S = 10.0
_SILENT_S = 15.0


def find(sight: Sight) -> Iterator[Finding]:
    yield from _programme(sight)
    yield from _to_come(sight)


def off_target(sight: Sight, feed: str) -> float | None:
    """How far a feed, with its trim, is from the programme's loudness; None if not measured."""
    measured = sight.loudness_lufs.get(feed)
    if measured is None:
        return None
    wanted = sight.show.resolved.programme.loudness_lufs
    return measured + sight.show.trim_db(feed, sight.n) - wanted


def is_far(off_lu: float | None) -> bool:
    return off_lu is not None and abs(off_lu) > _FAR_LU


def _programme(sight: Sight) -> Iterator[Finding]:
    """Only while something is on air that should be heard."""
    facts = sight.facts.get("programme", {})
    if sight.age_s("programme") > 5.0:
        return
    heard = [
        layer for layer in sight.show.at(sight.n).scene.layers
        if layer.gain_db is not None and not is_slate(layer.source)
        and not layer.source.startswith("clip.") and feeds.is_good(sight, layer.source)
    ]  # fmt: skip
    loudness = facts.get("loudness", {})
    if not heard or "short_term_lufs" not in loudness:
        return
    short = loudness["short_term_lufs"]
    match = Action(f"Match {heard[0].source}", "match", {"feed": heard[0].source})
    wanted = sight.show.resolved.programme.loudness_lufs
    if short is None or short < wanted - 30:
        yield Finding(
            "programme.sound",
            Grade.NOW,
            "the programme is silent",
            "viewers hear nothing; silence for longer than the slot allows brings the stand-in",
            (Action("Studio", "safe"), match),
            after_s=_SILENT_S,
        )
    elif abs(short - wanted) > _FAR_LU:
        word = "too quiet" if short < wanted else "too loud"
        yield Finding(
            "programme.sound",
            Grade.SOON,
            f"the programme is {abs(short - wanted):.0f} dB {word} ({short:.0f} LUFS)",
            "it stays so: gain is a person's decision",
            (match,),
            after_s=_AFTER_S,
        )


def _to_come(sight: Sight) -> Iterator[Finding]:
    """A feed that is due and would be far too quiet or too loud."""
    for source, slot in sight.due.items():
        if source in sight.wanted or slot.start_n <= sight.n or not feeds.is_good(sight, source):
            continue
        if not _is_heard(slot.plan.scene.audio, slot.plan.scene.places, source):
            continue
        off_lu = off_target(sight, source)
        if off_lu is None or not is_far(off_lu):
            continue
        word = "too quiet" if off_lu < 0 else "too loud"
        text = f"Your {source.partition('.')[2]} is {abs(off_lu):.0f} dB {word}."
        yield Finding(
            f"sound.{source}",
            Grade.SOON,
            f"{source} is {abs(off_lu):.0f} dB {word} ({sight.loudness_lufs[source]:.0f} LUFS)",
            f"{sight.slot(slot.id)} starts so at {sight.at(slot.start_n)}",
            (
                Action("Match", "match", {"feed": source}),
                Action(
                    "Tell the site", "message", {"site": source.partition(".")[0], "text": text}
                ),
            ),
            after_s=_AFTER_S,
            until_n=slot.start_n,
        )


def _is_heard(audio: object, places: object, source: str) -> bool:
    if not isinstance(audio, dict) or not isinstance(places, dict):
        return True
    return any(
        wanted == source and audio.get(place) is not None for place, wanted in places.items()
    )
