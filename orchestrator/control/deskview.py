"""The desk view: everything a screen of the desk shows, as one JSON object. Pure.

Made by control some times a second from the show, the desk's state, the processes' facts and the
feeds' pages, and sent to every screen as it is; a screen computes nothing but its own clock.
Times are UTC instants, lengths seconds; what is unknown is null. The parts are made by
`deskplan.py` (running order), `deskfeeds.py` (tiles) and `deskpicture.py` (scenes, graphics,
sound).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from orchestrator.bus.label import ANY_OUTPUT
from orchestrator.control import deskfeeds, deskpicture, deskplan
from orchestrator.control.deskstate import ASPECTS, DeskState, Message, Touch
from orchestrator.control.presence import Present
from orchestrator.control.roles import LOCKED_AREAS
from orchestrator.control.status import process_views
from orchestrator.rundown.lineup import LiveSlot
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import Scene
from orchestrator.rundown.show import Show
from orchestrator.rundown.words import said
from orchestrator.timing import Grid

_MESSAGES_SHOWN = 60
_NOTICES_SHOWN = 20


@dataclass(frozen=True)
class Watched:
    """What the view is made from, at frame `n`. Later parts of the house may leave theirs out."""

    show: Show
    n: int
    now_ns: int
    state: DeskState = field(default_factory=DeskState)
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    present: Sequence[Present] = ()
    incidents: Sequence[Mapping[str, Any]] = ()
    checks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Of a slot to come: `{"state": READY|AMBER|RED, "why": [sentence, …]}` (pre-flight)."""
    open_items: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    not_in_file: Sequence[Mapping[str, Any]] = ()
    """Live changes that the producer's file does not have (D14)."""
    loudness_lufs: Mapping[str, float] = field(default_factory=dict)
    """Of feeds, over the last minute in which they were heard."""
    lip_sync: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By feed, what was measured of it: `{"n", "offset_ms", "text"}`."""
    reload: Mapping[str, Any] = field(default_factory=dict)
    """The changed file that waits to be taken over; empty without one."""

    @property
    def grid(self) -> Grid:
        return Grid.standard(self.show.resolved.programme.fps)

    def utc(self, n: int) -> str:
        return self.grid.utc(n).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def seconds(self, frames: int) -> float:
        return round(frames / self.grid.fps, 2)

    @cached_property
    def line_up(self) -> tuple[LiveSlot, ...]:
        """The day as it runs; laid out once for the whole view."""
        return self.show.line_up(self.n)

    @cached_property
    def preview_scene(self) -> Scene | None:
        """What TAKE would put on air; asked for by the view and by the monitor's file."""
        return deskpicture.preview_scene(self)

    @cached_property
    def dead(self) -> frozenset[str]:
        """Sources that the programme has judged dead, as it says itself."""
        judged: Mapping[str, Mapping[str, Any]] = self.facts.get("programme", {}).get("sources", {})
        return frozenset(s for s, one in judged.items() if one.get("verdict") == "dead")


def desk_view(seen: Watched) -> dict[str, Any]:
    day, state = seen.show.resolved, seen.state
    return {
        "event": _event(day, seen),
        "clock": _clock(day, seen),
        **deskplan.status_line(seen),
        "incidents": [dict(one) for one in seen.incidents],
        "preview": deskpicture.preview(seen),
        "programme": deskpicture.programme(seen),
        "scenes": deskpicture.scenes(day),
        "feeds": deskfeeds.feeds(seen),
        "sites": [
            {
                "id": site.id,
                "title": said(site.title),
                "city": site.city,
                "timezone": site.timezone,
                "comms": site.comms,
            }
            for site in day.sites.values()
        ],
        "rundown": deskplan.rundown(seen),
        "left_out": (left_out := dict(seen.show.left_out(seen.n))),
        "left_out_titles": {
            slot.id: said(slot.plan.title) for slot in day.slots if slot.id in left_out
        },
        "shelf": deskplan.shelf(seen),
        "sound": deskpicture.sound(seen),
        "graphics": deskpicture.graphics(seen),
        "outputs": _outputs(seen),
        "machine": _machine(seen),
        "safety": _safety(day, seen),
        "locks": {
            area.value: {"holder": lock.holder, "at": lock.at} if lock is not None else None
            for area in LOCKED_AREAS
            for lock in [state.locks.get(area.value)]
        },
        "present": [{"author": one.author, "looks_at": one.looks_at} for one in seen.present],
        "messages": [_message(one) for one in state.messages[-_MESSAGES_SHOWN:]],
        "notices": [
            {"seq": one.seq, "to": one.to, "at": one.at, "text": one.text}
            for one in state.notices[-_NOTICES_SHOWN:]
        ],
        "versions": {aspect: state.version(aspect) for aspect in ASPECTS},
        "seat": {
            "holder": state.seat.holder,
            "since": state.seat.since,
            "offered_to": state.seat.offered_to,
        },
        "open_items": dict(seen.open_items),
        "not_in_file": [dict(one) for one in seen.not_in_file],
        "reload": dict(seen.reload) or None,
        "editions": _editions(state, day.version),
        "limits": {"take_again_s": 1.0, "next_undo_s": 10, "ceiling_db": 12, "stale_s": 2.0},
    }


def _event(day: Resolved, seen: Watched) -> dict[str, Any]:
    programme = day.programme
    return {
        "id": day.id,
        "title": said(day.title),
        "timezone": day.timezone,
        "version": day.version,
        "rehearsal": day.is_rehearsal,
        "start": seen.utc(day.start_n),
        "end": seen.utc(day.end_n),
        "fps": programme.fps,
        "size": [programme.width, programme.height],
        "delay_s": seen.seconds(programme.delay),
        "loudness_lufs": programme.loudness_lufs,
        "audience": day.audience,
    }


def _clock(day: Resolved, seen: Watched) -> dict[str, Any]:
    length_s = (day.end_n - day.start_n) / seen.grid.fps
    in_s = (seen.n - day.start_n) / seen.grid.fps
    return {
        "n": seen.n,
        "now": seen.utc(seen.n),
        "hour": max(0, int(in_s // 3600) + 1) if 0 <= in_s <= length_s else 0,
        "hours": -int(-length_s // 3600),
    }


def _outputs(seen: Watched) -> list[dict[str, Any]]:
    day = seen.show.resolved
    left_out = seen.facts.get("gate", {}).get("slate_outputs", ())
    listed = []
    for output in day.outputs:
        facts = _facts_of(output.id, output.kind, seen.facts)
        wish = seen.state.outputs.get(output.id)
        listed.append(
            {
                "id": output.id,
                "kind": output.kind,
                "audience": output.audience,
                "ladder": list(output.ladder),
                "on": wish.on if wish is not None else True,
                "backup": wish.backup if wish is not None else False,
                "has_backup": bool(output.options.get("backup")),
                "state": str(facts.get("state", "" if output.kind == "push" else "on")),
                "reason": str(facts.get("reason", "")),
                "to": str(facts.get("to", "")),
                "rate_bps": facts.get("rate_bps"),
                "behind_ms": facts.get("behind_ms", facts.get("age_ms")),
                "connections": facts.get("connections"),
                "failures": facts.get("failures"),
                "stalled_s": facts.get("stalled_s"),
                "slate": output.id in left_out or ANY_OUTPUT in left_out,
            }
        )
    return listed


def _facts_of(output: str, kind: str, facts: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    name = {"hls": "origin", "record": "recorder"}.get(kind, f"push.{output}")
    return facts.get(name, {})


def _machine(seen: Watched) -> dict[str, Any]:
    programme: Mapping[str, Any] = seen.facts.get("programme", {})
    gate: Mapping[str, Any] = seen.facts.get("gate", {})
    monitor: Mapping[str, Any] = seen.facts.get("monitor", {})
    return {
        "processes": [
            {
                "name": one.name,
                "pid": one.pid,
                "up_s": one.up_s,
                "restarts": one.restarts,
                "age_s": one.facts_age_s,
            }
            for one in process_views(seen.facts, seen.now_ns)
        ],
        "tick_ms": programme.get("tick_ms"),
        "late_ms": programme.get("late_ms"),
        "late_ticks": programme.get("late_ticks"),
        "skipped": programme.get("skipped"),
        "gate_late_ms_p99": gate.get("late_ms_p99"),
        "slate_parts": gate.get("slate_parts"),
        "viewers_waiting": seen.facts.get("origin", {}).get("waiting"),
        "monitor_clients": monitor.get("clients"),
        "monitor_dropped": monitor.get("dropped"),
        "warnings": list(seen.warnings),
    }


def _safety(day: Resolved, seen: Watched) -> dict[str, Any]:
    gate: Mapping[str, Any] = seen.facts.get("gate", {})
    decided = seen.show.decided(seen.n)
    return {
        "blank": bool(gate.get("blank", False)),
        "held": bool(gate.get("held", False)),
        "ended": bool(gate.get("ended", False)),
        "quarantined": sorted({*map(str, gate.get("quarantined", ())), *decided.quarantined}),
        "hidden": sorted({*map(str, gate.get("hidden", ())), *decided.hidden}),
        "feeds_out": sorted(decided.feeds_out),
        "latched": sorted(decided.latched),
        "public_behind_s": seen.seconds(day.programme.delay) + seen.grid.part_s,
    }


def _editions(state: DeskState, in_force: int) -> list[dict[str, Any]]:
    """Versions of the rundown that one can go back to, the newest first, each once."""
    known: dict[int, Touch] = {}
    for touch in state.editions:
        known.setdefault(int(touch.args.get("version", 1)), touch)
    return [
        {
            "version": version,
            "at": touch.at,
            "author": touch.author,
            "changes": list(touch.args.get("changes", ())),
            "reverts_to": touch.args.get("reverts_to"),
            "in_force": version == in_force,
        }
        for version, touch in sorted(known.items(), reverse=True)
    ]


def _message(one: Message) -> dict[str, Any]:
    return {
        "seq": one.seq,
        "site": one.site,
        "author": one.author,
        "at": one.at,
        "text": one.text,
        "read_by": one.read_by,
        "read_at": one.read_at,
    }
