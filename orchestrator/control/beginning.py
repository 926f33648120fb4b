"""Which rundown an event begins with, and which one a restart goes on with. Pure but for reading.

A restart shows exactly the same show: it goes on with the version in force, even if the file has
been changed meanwhile or is broken. What was changed before anything was shown is simply taken;
later it waits for somebody to take it over, at the desk or with `run --reload`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator.bus.orders import Verb
from orchestrator.control.chain import Entry
from orchestrator.control.derive import orders_in_force
from orchestrator.control.editions import Editions, digest_of, versions_in_force
from orchestrator.errors import ConfigError
from orchestrator.rundown.difference import difference
from orchestrator.rundown.edition import composed
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show


@dataclass(frozen=True, slots=True)
class Beginning:
    """`version` is in force at the start; the last of `chain` from then on, perhaps a new one."""

    chain: tuple[Resolved, ...]
    version: int
    digest: str
    is_new: bool = False
    said: tuple[str, ...] = ()


def beginning(
    editions: Editions,
    entries: Sequence[Entry],
    file: Resolved | None,
    now_n: int,
    *,
    fresh: bool,
    reload: bool,
) -> Beginning:
    """`file` is what the producer's file says now; None if it is broken. Raises ConfigError."""
    versions = () if fresh else versions_in_force(entries)
    chain = tuple(editions.chain(versions))
    if not chain or len(chain) < len(versions):
        if file is None:
            raise ConfigError("no version of the rundown is in force, and its file is wrong")
        digest = digest_of(file)
        day = replace(file, version=_next(entries))
        return Beginning((day,), day.version, digest, is_new=True)
    in_force = chain[-1]
    said_by = editions.file_day(in_force.version)
    was = digest_of(said_by) if said_by is not None else ""
    if file is None or digest_of(file) == was:
        return Beginning(chain, in_force.version, was)
    has_begun = in_force.start_n <= now_n
    if has_begun and not reload:
        changes = len(difference(said_by, file)) if said_by is not None else 0
        text = (
            f"version {in_force.version} of the rundown goes on; the file differs from it "
            f"({changes} changes): they wait at the desk, or are taken by  run --reload"
        )
        return Beginning(chain, in_force.version, was, said=(text,))
    show = Show(chain[0], orders_in_force(entries), chain[1:])
    day = composed(show, now_n, file, _next(entries))
    said = (f"version {day.version} of the rundown is taken over now",) if has_begun else ()
    return Beginning((*chain, day), in_force.version, digest_of(file), is_new=True, said=said)


def with_truth(day: Resolved, file: Resolved | None) -> Resolved:
    """`day` as this run means it: a rehearsal or not, whatever the run before was."""
    return day if file is None else replace(day, is_rehearsal=file.is_rehearsal)


def _next(entries: Sequence[Entry]) -> int:
    """One more than any version there has been."""
    known = (
        int(entry.args.get("version", 0))
        for entry in entries
        if entry.verb in (Verb.START, Verb.RUNDOWN)
    )
    return max(known, default=0) + 1
