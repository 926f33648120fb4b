"""Platforms that take nothing, and outputs that people have closed. One card a platform. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.control.deskstate import OutputWish
from orchestrator.control.incidents import Action, Finding, Grade
from orchestrator.control.sight import Sight
from orchestrator.rundown.plan import Output
from orchestrator.rundown.words import said

_DOWN = frozenset({"stalled", "backoff", "refused"})
_AFTER_S = 10.0
_QUIET_S = 10.0
"""Connected, and for so long no byte has moved."""


def find(sight: Sight) -> Iterator[Finding]:
    for output in sight.show.resolved.outputs:
        if output.kind == "push":
            facts = sight.facts.get(f"push.{output.id}", {})
            wish = sight.state.outputs.get(output.id, OutputWish())
            if not wish.on:
                yield _closed(output)
            elif facts and sight.age_s(f"push.{output.id}") > _QUIET_S:
                mute = {"state": "backoff", "reason": "its process says nothing"}
                yield _down(sight, output, mute, wish)
            elif _is_down(facts):
                yield _down(sight, output, facts, wish)


def _is_down(facts: Mapping[str, Any]) -> bool:
    state = str(facts.get("state", ""))
    return state in _DOWN or float(facts.get("stalled_s") or 0.0) >= _QUIET_S


def _closed(output: Output) -> Finding:
    return Finding(
        f"push.{output.id}",
        Grade.NOTE,
        f"{output.id} is off, by the desk",
        "nothing is sent there",
        (Action("On again", "output", {"output": output.id, "on": True}),),
        after_s=0,
    )


def _down(sight: Sight, output: Output, facts: Mapping[str, Any], wish: OutputWish) -> Finding:
    state, reason = str(facts.get("state", "")), str(facts.get("reason", ""))
    stalled_s = float(facts.get("stalled_s") or 0.0)
    tries = int(facts.get("failures") or 0)
    if state == "stalled" or stalled_s >= _QUIET_S:
        what = f"{output.id} accepts, but no byte has moved for {stalled_s:.0f} s"
    elif state == "refused":
        what = f"{output.id} refuses us: {reason}"
    else:
        what = f"{output.id} cannot be reached: {reason or 'no answer'}"
    actions = []
    if output.options.get("backup") and not wish.backup:
        actions.append(
            Action("Use the backup address", "output", {"output": output.id, "backup": True})
        )
    elif wish.backup:
        actions.append(
            Action("Back to its own address", "output", {"output": output.id, "backup": False})
        )
    actions.append(Action("Stop it", "output", {"output": output.id, "on": False}))
    tried = f" ({tries} tries so far)" if tries else ""
    title = said(sight.show.resolved.title)
    return Finding(
        f"push.{output.id}",
        Grade.SOON,
        f"{what}; {_ours(sight)}",
        f"it is tried again by itself{tried}; the others notice nothing",
        tuple(actions),
        sight.n - round(stalled_s * sight.fps) if stalled_s else 0,
        after_s=_AFTER_S if state != "stalled" else 0.0,
        note=f"{title}: we have trouble with {output.id} and are working on it. "
        "Our own page plays on.",
    )


def _ours(sight: Sight) -> str:
    """Whether our own page plays, so that nobody looks in the wrong place."""
    age_ms = sight.facts.get("origin", {}).get("age_ms")
    if not isinstance(age_ms, int | float):
        return "nothing is known of our own HLS"
    return "our own HLS plays" if age_ms < 5000 else "our own HLS STANDS STILL too"
