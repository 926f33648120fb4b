"""RUNDOWN and REVERT: another version of the rundown comes into force, all of it or nothing. Pure.

RUNDOWN carries the digest of the difference that its sender was shown; if the file has been
changed since, nothing happens. What the desk has decided holds over any version (D14).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator.control.editions import digest_of
from orchestrator.control.floor import Act, Floor, Offer
from orchestrator.control.wish import Wish
from orchestrator.errors import CommandRejected
from orchestrator.rundown.difference import Change, difference
from orchestrator.rundown.edition import composed, frozen_until, refusals
from orchestrator.rundown.inuse import waiting
from orchestrator.rundown.livechanges import conflicts
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show

_TOLD = 40
"""So many sentences go into the journal; the version itself is kept whole."""


def read_rundown(wish: Wish, floor: Floor) -> Act:
    """Take the changed file over. Raises CommandRejected."""
    wish.only("digest")
    offer = floor.offer
    if offer is None or (not offer.changes and not offer.errors):
        raise CommandRejected("no-change", "the file says what is in force already")
    if offer.errors:
        raise CommandRejected("broken-file", f"the file has errors: {offer.errors[0]}")
    if wish.text("digest") != offer.digest:
        raise CommandRejected(
            "changed-meanwhile", "the file has been changed since: look at the difference again"
        )
    assert offer.file is not None
    return _act(floor, offer.file, offer.changes, offer.refused, {"digest": offer.digest})


def read_revert(wish: Wish, floor: Floor) -> Act:
    """Back to what the file said in an earlier version. Raises CommandRejected."""
    wish.only("version")
    try:
        version = int(wish.args.get("version", 0))
    except (TypeError, ValueError):
        raise CommandRejected("malformed", "version is a number") from None
    in_force = floor.show.resolved.version
    file, now = floor.stored(version), floor.stored(in_force)
    if file is None or now is None:
        raise CommandRejected(
            "unknown-version", f"there is no version {version}; {in_force} is in force"
        )
    changes = difference(now, file)
    if not changes:
        raise CommandRejected("no-change", f"version {version} says what is in force already")
    args = {"digest": digest_of(file), "reverts_to": version}
    return _act(floor, file, changes, tuple(refusals(now, file)), args)


def _act(
    floor: Floor,
    file: Resolved,
    changes: Sequence[Change],
    refused: Sequence[str],
    args: dict[str, Any],
) -> Act:
    if refused:
        raise CommandRejected("needs-restart", "; ".join(refused))
    version = floor.next_version
    edition = composed(floor.show, floor.n, file, version)
    said = [change.text for change in changes]
    args = {"version": version, "changes": said[:_TOLD]} | args
    more = f" and {len(said) - 3} more" if len(said) > 3 else ""
    text = f"RUNDOWN: version {version}: {'; '.join(said[:3])}{more}"
    return Act("rundown", args, text, edition, file)


def held(show: Show, n: int, file: Resolved, changes: Sequence[Change]) -> tuple[str, ...]:
    """What of the changes is not taken, or not yet, for it is on air or armed."""
    frozen = {slot.id: slot for slot in show.resolved.slots[: frozen_until(show, n)]}
    lengths = {slot.id: slot.frames for slot in file.slots}
    found = []
    for change in changes:
        slot = frozen.get(change.about)
        if slot is None and (why := waiting(show, n, change.about)):
            found.append(f"{change.text}: {why}")
        if slot is None or change.what == "retitled":
            continue
        if change.field == "duration" and lengths.get(slot.id, 0) > slot.frames:
            continue
        found.append(f"{change.text}: not taken, {slot.id} has begun or is armed")
    return tuple(found)


def offer_view(offer: Offer | None, show: Show, n: int) -> dict[str, Any]:
    """What screens are told about the file; empty if it says what is in force."""
    if offer is None or not (offer.changes or offer.errors):
        return {}
    view: dict[str, Any] = {
        "digest": "" if offer.errors or offer.refused else offer.digest,
        "version": offer.against,
        "changes": [
            {"what": change.what, "about": change.about, "text": change.text}
            for change in offer.changes
        ],
        "refused": list(offer.refused),
        "errors": list(offer.errors),
        "conflicts": list(conflicts(show, n, offer.changes)),
        "held": [] if offer.file is None else list(held(show, n, offer.file, offer.changes)),
    }
    return view
