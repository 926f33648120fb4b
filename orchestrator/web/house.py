"""What the administrator looks at: the audit, the rundown's versions, the machine. Reads only.

On control's loop; files and the kernel are asked in a thread.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import psutil
from aiohttp import web

from orchestrator import __version__
from orchestrator.bus.orders import Verb
from orchestrator.control.chain import Entry, decisions_in_force
from orchestrator.control.facts import read_facts
from orchestrator.control.status import process_views
from orchestrator.web.adminshapes import AuditPage, Disk, Machine, Versions, VersionView
from orchestrator.web.console import console, number_of
from orchestrator.web.deskfiles import public_address
from orchestrator.web.problem import Problem

_AUDIT = 300
_LONGEST_AUDIT = 2000


async def audit(request: web.Request) -> web.Response:
    """Who came in, who was refused, and who changed what others may; the newest lines."""
    most = number_of(request, "most", _AUDIT, 1, _LONGEST_AUDIT)
    try:
        lines = await asyncio.to_thread(console(request).audit.newest, most)
    except OSError as error:
        raise Problem(503, "audit", f"the audit cannot be read: {error.strerror}") from error
    return web.json_response(asdict(AuditPage(lines)))


async def versions(request: web.Request) -> web.Response:
    """The versions of the rundown, who brought them in, and the changed file if one waits."""
    gallery = console(request).gallery
    told = Versions(
        list(versions_of(gallery.journal.entries, gallery.show.resolved.version)),
        gallery.state.version("plan"),
        dict(gallery.new_day),
    )
    return web.json_response(asdict(told))


def versions_of(entries: Iterable[Entry], in_force: int) -> Iterator[VersionView]:
    """Of this run of the event; a restart that takes its version up again is no new one."""
    told: set[int] = set()
    for entry in decisions_in_force(entries):
        version = int(entry.args.get("version", 1))
        if entry.verb not in (Verb.START, Verb.RUNDOWN) or version in told:
            continue
        told.add(version)
        back = entry.args.get("reverts_to")
        yield VersionView(
            version=version,
            at=entry.at,
            author=entry.author,
            reason=entry.reason,
            changes=[str(change) for change in entry.args.get("changes", ())],
            reverts_to=int(back) if back is not None else None,
            is_in_force=version == in_force,
        )


async def machine(request: web.Request) -> web.Response:
    """How the machine is, and everything that runs on it for this event."""
    desk = console(request)
    journal = desk.gallery.journal
    facts = await asyncio.to_thread(read_facts, desk.live)
    memory = psutil.virtual_memory()
    told = Machine(
        version=__version__,
        host=platform.node(),
        cores=os.cpu_count() or 1,
        load=round(os.getloadavg()[0], 2),
        memory_free_bytes=memory.available,
        memory_bytes=memory.total,
        public=public_address(desk.state, request),
        disks=await asyncio.to_thread(
            lambda: [_disk("state folder", desk.state.root), _disk("live tree", desk.live.root)]
        ),
        journal={
            "entries": len(journal.entries),
            "damages": [damage.text() for damage in journal.damages],
            "trouble": journal.trouble,
            "kept_in": "Redis, with a copy here" if os.environ.get("REDIS_URL") else "a file",
        },
        processes=[
            {
                "name": one.name,
                "pid": one.pid,
                "up_s": one.up_s,
                "restarts": one.restarts,
                "age_s": one.facts_age_s,
            }
            for one in process_views(facts, desk.clock.now_ns())
        ],
        counts={name: int(count) for name, count in sorted(desk.audit.counts.items())},
        warnings=list(desk.inputs),
    )
    return web.json_response(asdict(told))


def _disk(what: str, path: Path) -> Disk:
    """A disk that does not say is told as one that does not."""
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return Disk(what, str(path), None, None)
    return Disk(what, str(path), usage.free, usage.total)
