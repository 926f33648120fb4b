"""What there is to be told about the running show, as records that become JSON. Pure but for facts.

The records are the API: `web/shapes.py` describes exactly them. Times are UTC instants; local
times are the reader's business, but for the line-up's clock, which is the event's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from orchestrator.control import say
from orchestrator.control.facts import wrong_clocks
from orchestrator.rundown.lineup import NEVER, LiveSlot
from orchestrator.rundown.plan import Output
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show
from orchestrator.rundown.words import said
from orchestrator.timing import Grid


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot as it runs, or is expected to. `end` is null while nobody has decided it."""

    id: str
    title: str
    kind: str
    site: str | None
    mode: str
    audience: str
    start: str
    end: str | None
    clock: str
    length_s: float
    over_s: float
    state: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceView:
    """`source` is what stands in the place, `wanted` what the scene asked for."""

    place: str
    source: str
    wanted: str
    gain_db: float | None


@dataclass(frozen=True, slots=True)
class SceneView:
    """As decided by the rundown and the orders; health may have put something else in a place."""

    layout: str
    shot: str
    places: tuple[PlaceView, ...]
    cause: str
    rule: str
    author: str
    seq: int | None


@dataclass(frozen=True, slots=True)
class FeedView:
    """`reason` says why a feed is not live; `verdict` is the programme's, with `why` if it is not
    good. `drift_ppm` > 0: the sender's clock is slow."""

    id: str
    site: str
    state: str
    reason: str
    verdict: str
    why: str
    hot: bool
    picture_age_frames: int | None
    level_db: float | None
    drift_ppm: float | None
    fps: float | None
    sessions: int


@dataclass(frozen=True, slots=True)
class OutputView:
    """Where the programme goes. `state` of a push is its process' own word, of hls the origin's;
    `to` is without its key. `held`: a rehearsal opens no push without --on-air."""

    id: str
    kind: str
    audience: str
    state: str
    reason: str
    to: str
    rate_bps: int | None
    behind_ms: int | None


@dataclass(frozen=True, slots=True)
class ProcessView:
    name: str
    pid: int
    up_s: float
    restarts: int
    facts_age_s: float | None


@dataclass(frozen=True, slots=True)
class Status:
    event: str
    title: str
    timezone: str
    version: int
    rehearsal: bool
    start: str
    end: str
    now: str
    frame: int
    on_air: SlotView | None
    next: SlotView | None
    scene: SceneView
    blank: bool
    quarantined: tuple[str, ...]
    on_slate: tuple[str, ...]
    feeds: tuple[FeedView, ...]
    outputs: tuple[OutputView, ...]
    processes: tuple[ProcessView, ...]
    journal_entries: int
    journal_damages: int
    warnings: tuple[str, ...]
    """What a person should do something about: bad material, clocks, a damaged journal."""


@dataclass(frozen=True, slots=True)
class LineUp:
    event: str
    version: int
    slots: tuple[SlotView, ...]
    left_out: Mapping[str, str]


def line_up_of(show: Show, n: int) -> LineUp:
    day = show.resolved
    slots = tuple(slot_view(show, slot) for slot in show.line_up(n))
    return LineUp(day.id, day.version, slots, dict(show.day_at(n).left_out))


def status_of(
    show: Show,
    n: int,
    facts: Mapping[str, Mapping[str, Any]],
    pages: Mapping[str, Mapping[str, Any]],
    journal: tuple[int, int],
    now_ns: int,
    inputs: Sequence[str] = (),
) -> Status:
    """Everything at frame `n`, from the show, the processes' facts and the feeds' pages.

    `inputs` are sentences about bad material (`inputs.py`).
    """
    day = show.resolved
    grid = Grid.standard(day.programme.fps)
    gate = facts.get("gate", {})
    current, upcoming = _around(show, n)
    return Status(
        event=day.id,
        title=said(day.title),
        timezone=day.timezone,
        version=day.version,
        rehearsal=day.is_rehearsal,
        start=_utc(grid, day.start_n),
        end=_utc(grid, day.end_n),
        now=_utc(grid, n),
        frame=n,
        on_air=slot_view(show, current) if current else None,
        next=slot_view(show, upcoming) if upcoming else None,
        scene=_scene_view(show, n),
        blank=bool(gate.get("blank", False)),
        quarantined=tuple(map(str, gate.get("quarantined", ()))),
        on_slate=tuple(map(str, gate.get("on_slate", ()))),
        feeds=tuple(
            _feed_view(feed.id, feed.site, pages.get(feed.id, {}), facts) for feed in day.feeds()
        ),
        outputs=tuple(output_view(output, facts, day) for output in day.outputs),
        processes=tuple(process_views(facts, now_ns)),
        journal_entries=journal[0],
        journal_damages=journal[1],
        warnings=tuple(dict.fromkeys([*inputs, *_warnings(facts, journal[1]), *_drifts(pages)])),
    )


def slot_view(show: Show, slot: LiveSlot) -> SlotView:
    day = show.resolved
    grid = Grid.standard(day.programme.fps)
    has_end = not slot.is_open and slot.end_n < NEVER
    return SlotView(
        slot.id,
        said(slot.title),
        slot.kind,
        slot.site,
        slot.mode,
        slot.audience,
        _utc(grid, slot.start_n),
        _utc(grid, slot.end_n) if has_end else None,
        say.at(slot.start_n, grid, day.timezone),
        slot.frames / grid.fps,
        slot.over / grid.fps,
        slot.state,
    )


def _around(show: Show, n: int) -> tuple[LiveSlot | None, LiveSlot | None]:
    line_up = show.line_up(n)
    current = next((slot for slot in line_up if "on-air" in slot.state), None)
    return current, next((slot for slot in line_up if slot.start_n > n), None)


def _scene_view(show: Show, n: int) -> SceneView:
    scene = show.at(n).scene
    places = tuple(
        PlaceView(layer.place.name, layer.source, layer.wanted, layer.gain_db)
        for layer in scene.layers
    )
    cause = scene.cause
    return SceneView(
        scene.layout, scene.shot, places, cause.by, cause.rule, cause.author, cause.seq
    )


def _feed_view(
    feed: str, site: str, page: Mapping[str, Any], facts: Mapping[str, Mapping[str, Any]]
) -> FeedView:
    state = str(page.get("state", "unknown"))
    is_live = state == "live"
    own = facts.get(f"feed.{feed}", {})
    judged = facts.get("programme", {}).get("sources", {}).get(feed, {})
    why = str(judged.get("why", ""))
    return FeedView(
        feed,
        site,
        state,
        "" if is_live else _said_reason(own) or _REASONS.get(state, ""),
        str(judged.get("verdict", "unknown")),
        why,
        bool(page.get("hot", 0)),
        page.get("picture_age_frames"),
        page.get("level_db"),
        page["drift_ppb"] / 1000 if is_live and "drift_ppb" in page else None,
        page["fps"] if is_live and page.get("fps") else None,
        int(page.get("session", 0)),
    )


_REASONS = {
    "idle": "not started",
    "connecting": "nothing received yet",
    "stalled": "connected, but nothing arrives",
    "unknown": "its process has said nothing",
}
"""Where the feed itself has given none."""


def output_view(
    output: Output, facts: Mapping[str, Mapping[str, Any]], day: Resolved
) -> OutputView:
    process = {"hls": "origin", "record": "recorder"}.get(output.kind, f"push.{output.id}")
    own = facts.get(process, {})
    state, reason = str(own.get("state", "running" if own else "unknown")), ""
    if output.kind == "push":
        reason = "" if state == "sending" else str(own.get("reason", ""))
        if not own and day.is_rehearsal:
            state, reason = "held", "a rehearsal sends nothing; --on-air does"
    return OutputView(
        output.id,
        output.kind,
        output.audience,
        state,
        reason or ("" if own or state == "held" else _REASONS["unknown"]),
        str(own.get("to", "")),
        own.get("rate_bps"),
        own.get("behind_ms"),
    )


def _said_reason(facts: Mapping[str, Any]) -> str:
    reason = str(facts.get("reason", ""))
    return "" if reason == "live" else reason


def _drifts(pages: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Sites whose clock runs wrong: followed on air, but theirs to put right."""
    for feed, how in wrong_clocks(pages):
        yield (
            f"feed {feed}: its clock runs {how}; picture and sound follow "
            "it, and stay together; its encoder wants a proper clock (NTP, genlock)"
        )


def _warnings(facts: Mapping[str, Mapping[str, Any]], damages: int) -> Iterator[str]:
    graphics = facts.get("programme", {}).get("graphics", {})
    yield from (f"graphic {problem}" for problem in graphics.get("problems", ()))
    yield from map(str, facts.get("programme", {}).get("encoder_trouble", ()))
    yield from map(str, facts.get("control", {}).get("disk_trouble", ()))
    supervisor = facts.get("supervisor", {})
    if supervisor.get("clock_alarm"):
        off_ms = supervisor.get("clock_off_ms", 0.0)
        yield f"the wall clock was moved: the programme's clock is {off_ms:.0f} ms off"
    if damages:
        yield f"the journal has {damages} damaged lines"


def process_views(facts: Mapping[str, Mapping[str, Any]], now_ns: int) -> list[ProcessView]:
    children: Mapping[str, Mapping[str, Any]] = facts.get("supervisor", {}).get("children", {})
    views = []
    for name in [*children, *(["supervisor"] if "supervisor" in facts else [])]:
        child, own = children.get(name, {}), facts.get(name, {})
        at_ns = own.get("at_ns")
        age_s = round((now_ns - at_ns) / 1e9, 2) if isinstance(at_ns, int) else None
        views.append(
            ProcessView(
                name,
                int(child.get("pid", own.get("pid", 0))),
                float(child.get("up_s", own.get("up_s", 0.0))),
                int(child.get("restarts", 0)),
                age_s,
            )
        )
    return views


def _utc(grid: Grid, n: int) -> str:
    return grid.utc(n).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_STATUS = TypeAdapter(Status)
_LINE_UP = TypeAdapter(LineUp)


def to_json(value: Status | LineUp) -> bytes:
    return _STATUS.dump_json(value) if isinstance(value, Status) else _LINE_UP.dump_json(value)
