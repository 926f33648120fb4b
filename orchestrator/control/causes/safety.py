"""PRIVACY, BLANK and HIDE in force, and the way back from PRIVACY, step by step. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.control.deskstate import Touch
from orchestrator.control.incidents import Action, Finding, Grade, Step
from orchestrator.control.sight import Sight
from orchestrator.rundown.words import spoken


def find(sight: Sight) -> Iterator[Finding]:
    gate = sight.facts.get("gate", {})
    decided = sight.show.decided(sight.n)
    sites = sorted({*decided.quarantined, *map(str, gate.get("quarantined", ()))})
    for site in sites:
        yield _privacy(sight, site)
    if gate.get("held") or (_act(sight, "privacy", "") is not None and "held" not in gate):
        yield _privacy(sight, "")
    if gate.get("blank"):
        act = _act(sight, "blank", "")
        who = f" by {act.author}" if act is not None else ""
        yield Finding(
            "blank",
            Grade.SOON,
            f"BLANK{who}: the public sees the slate",
            "it stays on until somebody takes it off",
            (Action("Un-blank", "unblank"),),
            act.n if act is not None else 0,
            after_s=0,
        )
    for site in sorted({*decided.hidden, *map(str, gate.get("hidden", ()))}):
        act = _act(sight, "hide", site)
        yield Finding(
            f"hide.{site}",
            Grade.SOON if _is_needed(sight, site) else Grade.NOTE,
            f"{sight.site(site)} is hidden" + (f" by {act.author}" if act is not None else ""),
            "its feeds are not shown to anybody; what stands in is",
            (Action("Show it again", "unhide", {"site": site}),),
            act.n if act is not None else 0,
            after_s=0,
        )


def _privacy(sight: Sight, site: str) -> Finding:
    """What was public, in seconds; then: studio on, report, restore by two."""
    act = _act(sight, "privacy", site)
    since_n = act.n if act is not None else 0
    about = sight.site(site) if site else "everything"
    who = f" by {act.author}" if act is not None else ""
    of_site = {"site": site} if site else {}
    noted = any(note.n >= since_n for note in sight.state.notes) if since_n else False
    refilled_n = (since_n or sight.n) + sight.show.resolved.programme.delay
    studio = Step("Studio on", is_done=_is_elsewhere(sight, site))
    delay = sight.show.resolved.programme.delay
    refill = Step("The delay fills again", sight.n >= refilled_n, refilled_n)
    steps = (
        studio,
        *((refill,) if delay else ()),
        Step("Report it", is_done=noted),
        Step("Restore, by two persons"),
    )
    if_nothing = (
        "its feeds stay away until two persons restore them; everything else goes on"
        if site
        else "the public sees the slate until two persons restore it"
    )
    return Finding(
        f"privacy.{site}" if site else "privacy",
        Grade.NOW,
        f"PRIVACY {about}{who}: {_was_public(sight, act)}",
        if_nothing,
        (
            Action("Studio", "safe"),
            Action("Report", "note", {"text": f"PRIVACY {site or 'all'}: "}),
            Action("Ask the second person", "restore-ask", of_site),
        ),
        since_n,
        after_s=0,
        steps=steps,
    )


def _was_public(sight: Sight, act: Touch | None) -> str:
    delay = sight.show.resolved.programme.delay
    taken_back = ""
    span = act.args.get("redacted") if act is not None else None
    if isinstance(span, list | tuple) and len(span) == 2:
        parts_s = (int(span[1]) - int(span[0]) + 1) * sight.grid.part_s
        taken_back = f"; {parts_s:.1f} s that were public have been taken back"
    if delay:
        kept = spoken(delay, sight.fps)
        return f"nothing of the last {kept} was public{taken_back}"
    return f"there is no delay: what was seen until then WAS public{taken_back}"


def _act(sight: Sight, verb: str, site: str) -> Touch | None:
    return sight.state.safety.get(f"{verb} {site}".strip())


def _is_elsewhere(sight: Sight, site: str) -> bool:
    """What is on air wants nothing from there."""
    if not site:
        return sight.show.taken(sight.n) is not None
    return not any(source.partition(".")[0] == site for source in sight.wanted)


def _is_needed(sight: Sight, site: str) -> bool:
    return any(source.partition(".")[0] == site for source in (*sight.wanted, *sight.due))
