"""The rundown as a spreadsheet and back: what is edited changes, and not a byte besides."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.rundown.sheet import proposed_id

Run = Callable[..., Any]
Event = Callable[..., Path]
Row = dict[str, str]

SMALL = (Path(__file__).parents[2] / "golden" / "check" / "small.yaml").read_text()
SECOND = '  - {id: second, kind: talk, start: {at: 12:30, slip: 5m}, notes: "A, b"}   # flow'


@pytest.fixture
def edited(event: Event, run: Run) -> Callable[..., Any]:
    """`edited(edit, text)`: the sheet of `text`, changed by `edit(rows)`, applied; and a diff."""

    def apply(edit: Callable[[list[Row]], object], text: str = SMALL, *more: str) -> Any:
        path = event("small.yaml", text)
        assert run("sheet", path, "day.csv").exit_code == 0
        rows = list(csv.DictReader(io.StringIO(Path("day.csv").read_text(), newline="")))
        columns = list(rows[0])
        edit(rows)
        with Path("day.csv").open("w", newline="") as file:
            columns += [name for row in rows for name in row if name not in columns]
            writer = csv.DictWriter(file, dict.fromkeys(columns), restval="")
            writer.writeheader()
            writer.writerows(rows)
        result = run("sheet", "--apply", "day.csv", path, *more)
        after = path.read_bytes().decode()
        assert sorted(p.name for p in Path().iterdir()) == ["day.csv", "small.yaml"]
        changed = [
            line
            for line in difflib.ndiff(text.splitlines(), after.splitlines())
            if line[:2] in ("- ", "+ ")
        ]
        return result, changed

    return apply


def by_id(rows: list[Row], id_: str) -> Row:
    return next(row for row in rows if row["id"] == id_)


def nothing(rows: list[Row]) -> None:
    pass


@pytest.mark.parametrize("name", ["holographic-24h.yaml", "demo.yaml"])
def test_no_edit_changes_not_a_byte(event: Event, run: Run, name: str) -> None:
    event("holographic-24h.yaml")
    path = event(name)
    before = path.read_bytes()

    run("sheet", path, "day.csv")
    result = run("sheet", "--apply", "day.csv", path)

    assert result.exit_code == 0
    assert "Nothing has been edited" in result.stdout
    assert path.read_bytes() == before


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark_are_kept(
    event: Event, run: Run, ends: str, mark: str
) -> None:
    text = mark + SMALL.replace("\n", ends)
    path = event("small.yaml", text)
    run("sheet", path, "day.csv")
    sheet = Path("day.csv").read_text().replace("The first of two", "Another")
    Path("day.csv").write_text(sheet)

    result = run("sheet", "--apply", "day.csv", path)

    assert result.exit_code == 0, result.output
    assert path.read_bytes().decode() == text.replace("The first of two", "Another")


def test_the_sheet_has_what_is_in_force_with_a_column_per_role(event: Event, run: Run) -> None:
    run("sheet", event("small.yaml", SMALL), "day.csv")

    rows = list(csv.DictReader(io.StringIO(Path("day.csv").read_text(), newline="")))

    assert list(rows[0]) == [
        *("id", "block", "kind", "site", "title", "start", "duration"),
        *("people.host", "people.guests", "notes", "x-room"),
    ]
    assert [row["id"] for row in rows] == [
        *("first", "second", "a-one", "a-two", "a-to-b", "b-one", "b-two", "last"),
    ]
    assert rows[1]["start"] == "12:30"
    assert rows[0]["people.guests"] == "ben"
    assert rows[3]["people.host"] == "ana"
    assert rows[2]["block"] == "Later"


@pytest.mark.parametrize(
    ("slot", "column", "value", "lines"),
    [
        (
            "first",
            "title",
            "It's new",
            [
                "-     title: 'It''s first' # and quotes",
                "+     title: 'It''s new' # and quotes",
            ],
        ),
        ("first", "duration", "12m", ["+     duration: 12m"]),
        (
            "first",
            "people.guests",
            "ben, ana",
            ["-         - ben", "+         [ben, ana]"],
        ),
        ("first", "x-room", "14", ['-     x-room: "12"', '+     x-room: "14"']),
        (
            "second",
            "start",
            "12:35",
            [
                f"- {SECOND}",
                f"+ {SECOND.replace('12:30', '12:35')}",
            ],
        ),
        (
            "second",
            "notes",
            "",
            [
                f"- {SECOND}",
                "+   - {id: second, kind: talk, start: {at: 12:30, slip: 5m}, notes: ~}   # flow",
            ],
        ),
        (
            "a-one",
            "people.host",
            "ben",
            [
                "-         one: {title: The first of two}    # kept",
                "+         one: {title: The first of two, people: {host: ben}}    # kept",
            ],
        ),
        ("a-two", "title", 'Say "yes": now', ["+         two: {title: 'Say \"yes\": now'}"]),
        (
            "last",
            "title",
            "The end",
            [
                "-   - {id: last, title: {en: Last, fr: Fin}, kind: talk}",
                "+   - {id: last, title: {en: The end, fr: Fin}, kind: talk}",
            ],
        ),
    ],
)
def test_an_edited_cell_changes_its_own_span_only(
    edited: Callable[..., Any], slot: str, column: str, value: str, lines: list[str]
) -> None:
    def edit(rows: list[Row]) -> None:
        by_id(rows, slot)[column] = value

    result, changed = edited(edit)

    assert result.exit_code == 0, result.output
    assert changed == lines
    assert f"{slot} › {column}: " in result.stdout


def test_several_new_fields_of_one_slot_are_written_together(edited: Callable[..., Any]) -> None:
    def edit(rows: list[Row]) -> None:
        by_id(rows, "b-two").update(
            {"title": "Two", "people.guests": "ben", "duration": "9m", "x-room": "7"}
        )

    result, changed = edited(edit)

    assert result.exit_code == 0, result.output
    assert changed == [
        "+         two: {title: Two, duration: 9m, people: {guests: ben}, x-room: 7}"
    ]


def test_rows_without_an_id_become_slots_behind_the_row_above(edited: Callable[..., Any]) -> None:
    def edit(rows: list[Row]) -> None:
        new = dict.fromkeys(rows[0], "") | {"title": "Questions & answers", "kind": "talk"}
        rows.insert(1, new | {"people.host": "ben", "notes": "Bring: water", "duration": "5m"})
        rows.insert(2, dict(new))
        rows.append(dict(new, kind="talk"))

    result, changed = edited(edit)

    assert result.exit_code == 0, result.output
    assert changed == [
        "+   - {id: questions-answers, title: Questions & answers, kind: talk, duration: 5m, "
        'people: {host: ben}, notes: "Bring: water"}',
        "+   - {id: questions-answers-2, title: Questions & answers, kind: talk}",
        "+   - {id: questions-answers-3, title: Questions & answers, kind: talk}",
    ]
    assert "questions-answers: new, after first (talk)" in result.stdout


def test_a_new_first_row_stands_before_everything(edited: Callable[..., Any]) -> None:
    def edit(rows: list[Row]) -> None:
        rows.insert(0, dict.fromkeys(rows[0], "") | {"title": "Zero", "kind": "talk"})

    result, changed = edited(edit)

    assert result.exit_code == 0, result.output
    assert changed == ["+   - {id: zero, title: Zero, kind: talk}"]


def test_a_sheet_may_have_few_columns_and_few_rows(event: Event, run: Run) -> None:
    path = event("small.yaml", SMALL)
    Path("day.csv").write_text("\ufeffid;title\nlast;Über alles\n", encoding="utf-8")

    result = run("sheet", "--apply", "day.csv", path)

    assert result.stdout == "last › title: Last → Über alles\nWritten to small.yaml.\n"


def test_a_length_written_another_way_is_no_edit(edited: Callable[..., Any]) -> None:
    def edit(rows: list[Row]) -> None:
        by_id(rows, "first")["duration"] = "0:10:00"

    _, changed = edited(edit)

    assert changed == []


@pytest.mark.parametrize(
    ("slot", "column", "value", "says"),
    [
        ("first", "duration", "0:10", 'line 2: duration: "0:10" could be 10 minutes'),
        ("first", "duration", "", "line 2: first has no duration."),
        ("first", "kind", "break", "line 2: the kind of first is not changed from a sheet."),
        ("first", "id", "fist", 'line 2: nothing is called "fist".'),
        ("first", "id", "last", 'line 9: "last" is in the sheet twice.'),
        ("a-to-b", "title", "X", "a-to-b › title: it is made by the rotation's `between`"),
        ("first", "people.host", "nobody", 'nobody is called "nobody"'),
        ("second", "start", "25:00", '"25:00" is not a time of day.'),
        ("first", "people.host", "ana]", 'nobody is called "ana]"'),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_written(
    edited: Callable[..., Any], slot: str, column: str, value: str, says: str
) -> None:
    def edit(rows: list[Row]) -> None:
        by_id(rows, slot)[column] = value

    result, changed = edited(edit)

    assert result.exit_code == 2
    assert says in result.output
    assert ".small.yaml.new" not in result.output
    assert changed == []


def test_a_new_row_inside_a_rotation_is_refused(edited: Callable[..., Any]) -> None:
    def edit(rows: list[Row]) -> None:
        new = dict.fromkeys(rows[0], "") | {"title": "New", "kind": "talk"}
        rows.insert(next(i for i, row in enumerate(rows) if row["id"] == "a-two"), new)

    result, changed = edited(edit)

    assert result.exit_code == 2
    assert "cannot stand between a-one and a-two" in result.output
    assert changed == []


def test_a_value_shared_by_an_alias_is_refused(edited: Callable[..., Any]) -> None:
    text = SMALL.replace("notes: ", "people: &p {host: ana}, notes: ")
    text = text.replace("fr: Fin}, ", "fr: Fin}, people: *p, ")

    def edit(rows: list[Row]) -> None:
        by_id(rows, "last")["people.host"] = "ben"

    result, changed = edited(edit, text)

    assert result.exit_code == 2
    assert "shared by an alias" in result.output
    assert changed == []


def test_a_dry_run_says_what_would_change_and_writes_nothing(edited: Callable[..., Any]) -> None:
    def edit(rows: list[Row]) -> None:
        by_id(rows, "last")["title"] = "New"

    result, changed = edited(edit, SMALL, "--dry-run")

    assert result.stdout.startswith("last › title: Last → New\n")
    assert changed == []


@pytest.mark.parametrize(
    ("sheet", "says"),
    [
        ("title\nx\n", "there is no column id"),
        ("id,colour\nfirst,red\n", 'unknown column "colour"'),
        ("id,title,title\n", 'column "title" is there twice'),
        ("id,title\n,New\n", "a new slot needs a title and a kind"),
        ("", "there is no column id"),
    ],
)
def test_a_sheet_that_is_none_is_one_sentence(
    event: Event, run: Run, sheet: str, says: str
) -> None:
    path = event("small.yaml", SMALL)
    Path("day.csv").write_text(sheet)

    result = run("sheet", "--apply", "day.csv", path)

    assert result.exit_code == 2
    assert says in result.output


def test_files_that_cannot_be_read_or_written_are_one_sentence(event: Event, run: Run) -> None:
    path = event("small.yaml", SMALL)

    for arguments in (
        ("sheet", path, "no/such/day.csv"),
        ("sheet", "--apply", "no.csv", path),
        ("sheet", "none.yaml", "day.csv"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert result.output.count("\n") == 1


@pytest.mark.parametrize(
    ("title", "id_"),
    [
        ("L'après-midi: Q&A", "l-apres-midi-q-a"),
        ("Event", "event-2"),
        ("डॉ", "slot"),
        ("Taken", "taken-2"),
        ("x" * 60, "x" * 40),
    ],
)
def test_ids_are_proposed_from_titles(title: str, id_: str) -> None:
    assert proposed_id(title, {"taken"}) == id_
