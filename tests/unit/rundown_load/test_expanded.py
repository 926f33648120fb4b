"""What `expanded` writes loads again, and is the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.rundown.expanded import expanded
from orchestrator.rundown.load import Loaded, load
from orchestrator.rundown.resolve import resolve

ROOT = Path(__file__).parents[3]
FILES = [
    ROOT / "schedules" / "holographic-24h.yaml",
    ROOT / "tests" / "golden" / "rundown" / "every-field.yaml",
]

Placeless = Callable[[Any], Any]
Said = Callable[[Loaded], list[str]]


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_what_is_written_out_loads_as_the_same_plan(
    file: Path, tmp_path: Path, placeless: Placeless, said: Said
) -> None:
    plan = load(file).plan
    assert plan is not None
    text = expanded(plan)
    path = tmp_path / "event.yaml"
    path.write_text(text, encoding="utf-8")

    again = load(path)

    assert said(again) == []
    assert placeless(again.plan) == placeless(plan)
    assert again.plan is not None
    assert expanded(again.plan).split("\n")[1:] == text.split("\n")[1:]


def test_what_is_written_out_needs_no_patterns_rotations_or_defaults(tmp_path: Path) -> None:
    plan = load(FILES[0]).plan
    assert plan is not None
    text = expanded(plan)
    assert text.count("\n  - id: ") == 62 + 2
    for word in ("patterns:", "rotation:", "defaults:"):
        assert word not in text
    kinds = text.partition("\nkinds:\n")[2].partition("\n\n")[0]
    assert kinds == "  guest-talk: {like: interview}\n  recorded-case: {like: surgery}"


def test_the_example_written_out_resolves_to_the_same_frames(tmp_path: Path) -> None:
    path = tmp_path / "event.yaml"
    plan = load(FILES[0]).plan
    assert plan is not None
    path.write_text(expanded(plan), encoding="utf-8")
    again = load(path).plan
    assert again is not None

    first, second = resolve(plan)[0], resolve(again)[0]

    assert first is not None
    assert second is not None
    assert [(s.id, s.start_n, s.end_n) for s in first.slots] == [
        (s.id, s.start_n, s.end_n) for s in second.slots
    ]


# any small event

MINUTES = st.integers(1, 50).map(lambda n: f"{n}m")
LENGTHS = MINUTES | st.sampled_from(["90s", "12f", "1h2m3s", "0:10:00", "1500ms"])
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"], exclude_characters="\ufeff")
    | st.sampled_from("\n\t\x07 :#,{}[]&*~'\"\\"),
    min_size=1,
    max_size=12,
)
SITES = st.sampled_from(["no", "on", "north-2"])
SOURCES = st.sampled_from(
    [
        ".headset",
        ".room",
        "studio.main",
        "guest.yes",
        "slate.site",
        "slate.event",
        "clip.null",
        "hide",
    ]
)
GAINS = st.sampled_from(["0 dB", "-6dB", "+3.25 dB", "off"])
NOTHING = st.just(None)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of the fields, any of them perhaps taken away."""
    return st.fixed_dictionaries({}, optional=fields)


LIMITS = LENGTHS | st.just("off") | NOTHING
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "title": TEXTS | st.fixed_dictionaries({"en": TEXTS, "fr": TEXTS}),
    "priority": st.integers(1, 9),
    "drop": st.sampled_from(["never", "allowed"]),
    "mode": st.sampled_from(["live", "deferred", "recorded"]),
    "scene": some(
        layout=st.sampled_from(["full", "pip", "duo"]), main=SOURCES, inset=SOURCES | NOTHING
    ),
    "audio": some(main=GAINS),
    "transition": st.sampled_from(["cut", "mix 600ms", "wipe up 1s", "push-left 12f", "mix"]),
    "fallback": some(main=st.lists(SOURCES, max_size=3)),
    "not_ready": some(wait=LENGTHS, then=st.sampled_from(["standby", "skip", "start", "ask"]))
    | NOTHING,
    "people": some(host=st.sampled_from(["yes", "b"]), guests=st.lists(st.just("b"), max_size=2)),
    "language": st.sampled_from(["en", "pt-BR"]),
    "audience": st.sampled_from(["open", "professional"]),
    "health": some(loss=LIMITS, freeze=LIMITS, black=LIMITS, silence=LIMITS, back_after=LIMITS),
    "preroll": LENGTHS,
    "setup": LENGTHS | NOTHING,
    "checks": st.lists(st.sampled_from(["feed", "sound", "sync"]), max_size=3),
    "graphics": st.lists(
        st.builds(
            lambda at, who, data: {"use": "message", "at": at, "who": who, "data": data},
            st.sampled_from(["0", "5s", "-1m"]),
            st.sampled_from(["host", "yes"]),
            st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS, max_size=2), max_size=2),
        ),
        max_size=2,
    ),
    "shots": st.lists(
        st.builds(
            lambda at, main, gain: {"at": at, "main": main, "audio": {"main": gain}},
            st.sampled_from(["5s", "40s", "-20s"]),
            SOURCES,
            GAINS,
        ),
        max_size=2,
        unique_by=lambda shot: shot["at"],
    ),
    "notes": TEXTS,
    "x-column": TEXTS,
}
LAYER = st.fixed_dictionaries({}, optional=FIELDS)
WHOLE = {"duration": "50m", "flex": {"shrink": "5m", "grow": "5m"}, "site": "no"}


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """An event with a kind on a kind, a pattern, a rotation and a slot, filled with anything."""
    kinds = {
        "base": draw(LAYER) | WHOLE | {"like": draw(st.sampled_from(["panel", "break", "video"]))},
        "top": draw(LAYER) | {"like": "base"},
    }
    scene = {"layout": "duo", "main": draw(SOURCES), "inset": draw(SOURCES)}
    slot = draw(LAYER) | {"id": "one", "kind": "top", "scene": scene}
    row = {"site": draw(SITES), "slot": draw(LAYER), "word": draw(LAYER) | {"scene": scene}}
    rotation = {"rotation": "hour", "defaults": draw(LAYER), "rows": [row]}
    feeds = {"headset": {"srt": "env:A"}, "room": {"srt": "env:A"}}
    return {
        "version": 1,
        "event": {
            "id": "day",
            "title": draw(TEXTS),
            "timezone": "Europe/Paris",
            "start": "2026-10-24 12:00",
            "duration": "2h",
        },
        "programme": {"fps": draw(st.sampled_from([25, 30]))},
        "defaults": draw(LAYER.map(lambda f: {k: v for k, v in f.items() if k in DEFAULTABLE})),
        "kinds": kinds,
        "patterns": {"hour": {"word": {"kind": draw(st.sampled_from(["base", "top"]))}}},
        "people": {"yes": {"name": draw(TEXTS)}, "b": {"name": "B", "native": draw(TEXTS)}},
        "sites": {
            name: {"timezone": "Asia/Kolkata", "feeds": feeds} for name in ("no", "on", "north-2")
        }
        | {"studio": {"timezone": "UTC", "feeds": {"main": {"url": "env:B"}}}},
        "clips": {"null": {"file": draw(TEXTS)}},
        "rundown": [{"block": draw(TEXTS)}, slot, rotation],
        "standby": [draw(LAYER) | {"id": "shelf", "kind": "base", "scene": scene}],
    }


DEFAULTABLE = frozenset(FIELDS) - {"title", "people"}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(event=events())
def test_any_event_written_out_loads_as_the_same_plan(
    tmp_path_factory: pytest.TempPathFactory,
    placeless: Placeless,
    said: Said,
    event: dict[str, Any],
) -> None:
    folder = tmp_path_factory.getbasetemp()
    first, second = folder / "first.yaml", folder / "second.yaml"
    first.write_text(json.dumps(event, ensure_ascii=False), encoding="utf-8")  # JSON is YAML
    plan = load(first).plan
    assert plan is not None, said(load(first))
    second.write_text(expanded(plan), encoding="utf-8")

    again = load(second)

    assert said(again) == []
    assert placeless(again.plan) == placeless(plan)
