"""The JSON Schema agrees with the reader: same fields, and the examples are valid."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from orchestrator.rundown import builtin, fields
from orchestrator.rundown.expanded import expanded
from orchestrator.rundown.kinds import built_in_section
from orchestrator.rundown.load import load
from orchestrator.rundown.renditions import MOST_KBPS
from orchestrator.rundown.schema import schema

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "schedules" / "holographic-24h.yaml"
EVERY_FIELD = ROOT / "tests" / "golden" / "rundown" / "every-field.yaml"


def as_json(text: str) -> Any:
    """As an editor sees it: YAML 1.2 with its own types, dates as texts."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): plain(child) for key, child in value.items()}
        if isinstance(value, list):
            return [plain(child) for child in value]
        return value if isinstance(value, str | int | float | None) else str(value)

    return plain(YAML(typ="safe", pure=True).load(text))


def mistakes(document: Any) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema())
    return ["/".join(map(str, e.absolute_path)) for e in validator.iter_errors(document)]


def test_the_schema_is_a_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("file", [EXAMPLE, EVERY_FIELD], ids=lambda path: path.stem)
def test_a_good_file_is_valid_also_written_out(file: Path) -> None:
    plan = load(file).plan
    assert plan is not None
    assert mistakes(as_json(file.read_text(encoding="utf-8"))) == []
    assert mistakes(as_json(expanded(plan))) == []


@pytest.mark.parametrize(
    ("item", "where"),
    [
        ({"id": "a", "kind": "break", "durration": "5m"}, ["rundown/0"]),
        ({"id": "a", "kind": "break", "duration": 5}, ["rundown/0/duration"]),
        ({"id": "a", "kind": "break", "duration": "0:40"}, ["rundown/0/duration"]),
        ({"id": "a", "kind": "break", "audio": {"main": 0}}, ["rundown/0/audio/main"]),
        ({"kind": "break"}, ["rundown/0"]),
        ({"block": "A", "buget": "5m"}, ["rundown/0"]),
        ({"rotation": "hour"}, ["rundown/0"]),
    ],
)
def test_one_mistake_is_reported_once_and_where_it_is(
    item: dict[str, Any], where: list[str]
) -> None:
    assert mistakes({"version": 1, "rundown": [item]}) == where


def test_schema_and_reader_know_the_same_fields() -> None:
    made = schema()
    sections = made["properties"]
    member = made["$defs"]["member"]["properties"]
    assert set(sections) == set(fields.TOP)
    assert set(member) | fields.OWN == set(fields.SLOT)
    records = {
        "event": fields.EVENT,
        "programme": fields.PROGRAMME,
        "outputs": fields.OUTPUTS,
    }
    for name, known in records.items():
        assert set(sections[name]["properties"]) == set(known)
    maps = {"people": fields.PERSON, "sites": fields.SITE, "clips": fields.CLIP}
    for name, known in maps.items():
        assert set(sections[name]["additionalProperties"]["properties"]) == set(known)
    outputs = sections["outputs"]["properties"]
    assert set(outputs["hls"]["properties"]) == set(fields.HLS)
    assert set(outputs["push"]["additionalProperties"]["properties"]) == set(fields.PUSH)
    assert set(outputs["record"]["properties"]) == set(fields.RECORD)
    assert set(sections["shifts"]["items"]["properties"]) == set(fields.SHIFT)


def test_every_field_of_a_slot_is_in_the_file_that_has_them_all() -> None:
    text = EVERY_FIELD.read_text(encoding="utf-8")
    for name in (*fields.TOP, *fields.SLOT, *fields.SITE, *fields.CLIP, *fields.FEED):
        if name not in ("people", "contacts"):
            assert f"{name}: " in text or f"{name}:\n" in text, name


def test_the_built_in_kinds_are_the_six_the_schema_names() -> None:
    kinds = built_in_section("kinds").entries
    named = schema()["$defs"]["kind"]["description"]
    assert named == f"Built in: {', '.join(kinds)}"
    assert len(kinds) == 6


def test_renditions_are_those_the_encoders_have() -> None:
    from orchestrator.media.house import RENDITION_NAMES, House

    assert tuple(builtin.RENDITIONS) == RENDITION_NAMES
    level_kbps = {"2.1": 4_000, "3.0": 10_000, "3.1": 14_000, "4.0": 20_000}
    house = House.of(1920, 1080, 30, RENDITION_NAMES)
    assert {r.name: level_kbps[r.level] for r in house.ladder} == MOST_KBPS


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        *(("720p", True), ("720p 3500k", True), ("720p 2.5M faster", True), ("360p fast", True)),
        *(("721p", False), ("720p 3500", False), ("720p quick", False)),
    ],
)
def test_editors_know_how_a_rendition_is_written(text: str, is_good: bool) -> None:
    file = {"version": 1, "rundown": [], "outputs": {"hls": {"ladder": ["180p", text]}}}

    assert bool(mistakes(file)) is not is_good
