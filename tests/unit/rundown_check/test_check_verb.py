"""`orchestrator check` and `schema` as their users call them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from orchestrator.rundown import overview, table
from orchestrator.rundown.files import files_of
from orchestrator.rundown.rows import rows
from orchestrator.verbs.examining import examine

Run = Callable[..., Any]
Event = Callable[..., Path]


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FEED_KEY", "STUDIO_KEY", "STUDIO_URL", "PLATFORM_URL"):
        monkeypatch.setenv(name, "srt://127.0.0.1:9000")


def test_the_twelve_warnings_are_said_as_in_the_golden_file(
    event: Event, golden: Callable[[str, str], None]
) -> None:
    examined = examine(event("twelve.yaml"))

    text = "".join(f"{p.code} {p.text()}\n" for p in examined.warnings)

    golden("twelve.txt", text)
    assert {p.code for p in examined.warnings} == {f"W{n}" for n in range(1, 13)}


def test_the_24_hour_example_gives_no_warning(event: Event, run: Run) -> None:
    assert run("check", event("holographic-24h.yaml"), "--strict").exit_code == 0


def test_the_24_hour_example_resolves_as_in_the_golden_table(
    event: Event, golden: Callable[[str, str], None]
) -> None:
    examined = examine(event("holographic-24h.yaml"))
    plan, day = examined.loaded.plan, examined.resolved
    assert plan is not None
    assert day is not None

    text = overview.head(day, examined.changes, ()) + "\n" + table.text(rows(day, plan.blocks))

    golden("holographic-24h.txt", text)


def test_the_demo_gives_no_warning_and_shows_everything(event: Event, run: Run) -> None:
    event("holographic-24h.yaml")
    demo = event("demo.yaml")

    assert run("check", demo, "--strict").exit_code == 0
    plan = examine(demo).loaded.plan
    assert plan is not None
    layouts = {slot.scene.layout for slot in plan.slots}
    layouts |= {shot.layout for slot in plan.slots for shot in slot.shots if shot.layout}
    transitions = {slot.transition.kind for slot in plan.slots}
    transitions |= {shot.transition.kind for slot in plan.slots for shot in slot.shots}
    assert layouts >= {"full", "pip", "duo", "quad"}
    assert transitions >= {"cut", "mix"} | {
        f"{kind}-{way}" for kind in ("wipe", "push") for way in ("left", "right", "up", "down")
    }
    assert {slot.kind for slot in plan.slots} >= {
        *("surgery", "recorded-case", "panel", "interview", "guest-talk"),
        *("video", "break", "handover"),
    }
    assert max(slot.preroll for slot in plan.slots) == 10 * 30


def test_warnings_count_only_when_strict(event: Event, run: Run) -> None:
    path = event("twelve.yaml")

    assert run("check", path).exit_code == 0
    assert run("check", path, "--strict").exit_code == 1


def test_all_errors_are_printed_by_line_and_nothing_else(event: Event, run: Run) -> None:
    text = event("holographic-24h.yaml").read_text()
    text = text.replace("layout: duo, main", "layout: dou, main").replace("g: c-perrin", "g: x")
    path = event("wrong.yaml", text.replace("surgeon: n-claes", "surgeon: n-cleas"))

    result = run("check", path)

    assert result.exit_code == 2
    lines = [int(n) for n in re.findall(r"^wrong\.yaml:(\d+)", result.output, re.MULTILINE)]
    assert lines == sorted(lines)
    assert len([line for line in result.output.splitlines() if "Did you mean" in line]) == 2
    assert "Sat 24 Oct" not in result.output


def test_what_lies_behind_a_surgery_and_on_the_shelf_is_looked_at_too(
    event: Event, run: Run
) -> None:
    """A surgery ends when somebody says so; nobody does while a file is checked."""
    text = event("holographic-24h.yaml").read_text()
    lines = re.findall(r"  - \{id: (?:closing|film-any), .*\}\n", text)
    for line, glyph in zip(lines, "\U000f1234\U000f1235", strict=True):
        cue = f'graphics: [{{use: message, data: {{text: "{glyph}"}}}}]'
        text = text.replace(line, f"{line.rstrip()[:-1]}, {cue}}}\n")

    result = run("check", event("late.yaml", text))

    assert "closing › graphics: message: no font on this machine has \U000f1234" in result.output
    assert "film-any › graphics: message: no font on this machine has \U000f1235" in result.output


def test_a_conflict_of_the_resolver_is_an_error_too(event: Event, run: Run) -> None:
    text = event("holographic-24h.yaml").read_text()
    path = event("tight.yaml", text.replace("start: 18:30,", "start: 16:00,"))

    result = run("check", path)

    assert result.exit_code == 2
    assert "minister" in result.output


def test_a_file_that_is_not_there_is_one_sentence(event: Event, run: Run) -> None:
    result = run("check", "nowhere.yaml")

    assert result.exit_code == 2
    assert result.output.count("\n") == 1


def test_missing_secrets_and_clips_are_notes(
    event: Event, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STUDIO_KEY")

    result = run("check", event("holographic-24h.yaml"), "--strict")

    assert result.exit_code == 0
    assert "STUDIO_KEY is not set" in result.output
    assert "clips/film-night.mp4" in result.output


def test_a_delay_that_no_tmpfs_holds_is_a_note(event: Event, run: Run) -> None:
    text = event("holographic-24h.yaml").read_text()

    result = run("check", event("x.yaml", text.replace("delay: 20s", "delay: 300h")))

    assert "outputs › hls: delay and window need " in result.output


def test_what_is_not_enforced_yet_and_what_moved_is_said(event: Event, run: Run) -> None:
    output = run("check", event("holographic-24h.yaml")).output

    assert "break-1: 10m → 17m" in output
    assert "Not enforced yet:\n" in output
    assert "guest.person, .guest: " in output


def test_a_moved_start_keeps_every_distance_and_is_a_rehearsal(event: Event, run: Run) -> None:
    result = run("check", event("holographic-24h.yaml"), "--strict", "--start", "14:00")

    assert result.exit_code == 0
    assert "REHEARSAL" in result.output
    assert re.search(r"^16 +20:30 .* minister", result.output, re.MULTILINE)


def test_a_start_that_is_no_time_is_one_sentence(event: Event, run: Run) -> None:
    result = run("check", event("holographic-24h.yaml"), "--start", "soon")

    assert result.exit_code == 2
    assert result.output == "--start soon is not a time.   Write now, 14:00 or +10m.\n"


# other forms


def test_a_call_sheet_is_in_the_sites_own_time_and_holds_no_address(event: Event, run: Run) -> None:
    text = event("holographic-24h.yaml").read_text()
    text = text.replace("env:STUDIO_URL", "rtmp://studio.example/live/a-key")
    path = event("a.yaml", text)

    sheet = run("check", path, "--site", "mumbai")
    studio = run("check", path, "--site", "studio")

    assert sheet.exit_code == studio.exit_code == 0
    assert "15:50-16:35  mumbai-case" in sheet.stdout
    assert "Dr Asha Deshmukh" in sheet.stdout
    assert "dubai" not in sheet.stdout
    assert "rtmp://studio.example/live/…" in studio.stdout
    assert "a-key" not in studio.stdout


def test_a_persons_call_sheet_is_on_their_own_clock(event: Event, run: Run) -> None:
    sheet = run("check", event("holographic-24h.yaml"), "--person", "v-rao").stdout

    assert "All times are Asia/Kolkata." in sheet
    assert "Sun 25 Oct  06:55-07:07  night-1" in sheet
    assert len(re.findall(r"^S(?:at|un) ", sheet, re.MULTILINE)) == 5


@pytest.mark.parametrize("option", ["--site", "--person"])
def test_an_unknown_site_or_person_is_named_with_those_there_are(
    event: Event, run: Run, option: str
) -> None:
    result = run("check", event("holographic-24h.yaml"), option, "nobody")

    assert result.exit_code == 2
    assert f'there is no {option[2:]} "nobody".   There are: ' in result.output


def test_csv_has_a_row_per_slot_and_nothing_else_on_standard_output(event: Event, run: Run) -> None:
    text = event("holographic-24h.yaml").read_text()
    path = event("x.yaml", text.replace("id: opening, ", 'id: opening, x-room: "12, left", '))

    result = run("check", path, "--csv")

    found = list(csv.DictReader(io.StringIO(result.stdout, newline="")))
    assert len(found) == 62
    assert found[0]["x-room"] == "12, left"
    assert found[36]["start utc"] == "2026-10-25T01:00:00Z"
    assert found[7]["planned"] == "0:10:00"
    assert found[7]["length"] == "0:17:00"


def test_expanded_is_a_plain_file_that_resolves_the_same(event: Event, run: Run) -> None:
    first = event("holographic-24h.yaml")
    plain = event("plain.yaml", run("check", first, "--expanded").stdout)

    one, other = examine(first).resolved, examine(plain).resolved

    assert one is not None
    assert other is not None
    assert [(s.id, s.start_n, s.end_n) for s in one.slots] == [
        (s.id, s.start_n, s.end_n) for s in other.slots
    ]
    assert "rotation" not in plain.read_text()


def test_html_escapes_whatever_a_title_holds_and_asks_nobody_for_anything(
    event: Event, run: Run
) -> None:
    text = event("holographic-24h.yaml").read_text()
    path = event("x.yaml", text.replace("Welcome to 24 hours", "<script>alert(1)</script> & co"))

    page = run("check", path, "--html").stdout

    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in page
    assert "<script" not in page
    assert not re.search(r"""(?:src|href|url)\s*[=(]""", page)
    assert page.count("<tr ") == 62


def test_a_calendar_keeps_its_ids_when_a_row_is_inserted(event: Event, run: Run) -> None:
    path = event("holographic-24h.yaml")
    text = path.read_text()
    inserted = text.replace(
        "  - {id: break-1,",
        "  - {id: extra, kind: break, duration: 5m, flex: none}\n  - {id: break-1,",
    )

    before = Calendar.from_ical(run("check", path, "--ics").stdout)
    after = Calendar.from_ical(run("check", event("x.yaml", inserted), "--ics").stdout)

    uids = [str(item["uid"]) for item in before.walk("VEVENT")]
    assert uids[1] == "mumbai-case.holo24@orchestrator"
    assert len(set(uids)) == 62
    assert {str(item["uid"]) for item in after.walk("VEVENT")} - set(uids) == {
        "extra.holo24@orchestrator"
    }
    first = before.walk("VEVENT")[0]
    assert first["sequence"] == 0
    assert first.decoded("dtstart").isoformat() == "2026-10-24T10:00:00+00:00"


def test_a_calendar_may_be_one_persons(event: Event, run: Run) -> None:
    shown = run("check", event("holographic-24h.yaml"), "--ics", "--person", "i-walsh").stdout

    assert len(Calendar.from_ical(shown).walk("VEVENT")) == 3


def entries(text: str) -> dict[str, Any]:
    """By the id of the slot."""
    events = Calendar.from_ical(text).walk("VEVENT")
    return {str(item["uid"]).partition(".")[0]: item for item in events}


@pytest.fixture
def sent(event: Event, run: Run) -> Path:
    """The calendar of the 24-hour example, as it was sent out."""
    path = Path("sent.ics")
    path.write_bytes(run("check", event("holographic-24h.yaml"), "--ics").stdout.encode())
    return path


def test_a_calendar_of_an_unchanged_file_is_the_one_that_was_sent_to_the_byte(
    event: Event, run: Run, sent: Path
) -> None:
    again = run("check", event("holographic-24h.yaml"), "--ics-since", sent)

    assert again.stdout.encode() == sent.read_bytes()


def test_every_change_of_an_entry_raises_its_sequence_and_no_others(
    event: Event, run: Run, sent: Path
) -> None:
    text = event("holographic-24h.yaml").read_text()
    text = text.replace("title: Welcome to 24 hours", "title: Welcome to all of it")

    once = run("check", event("x.yaml", text), "--ics-since", sent).stdout
    sent.write_bytes(once.encode())
    text = text.replace("title: Welcome to all of it", "title: Good morning")
    twice = run("check", event("x.yaml", text), "--ics-since", sent).stdout

    assert {id_: item["sequence"] for id_, item in entries(once).items() if item["sequence"]} == {
        "opening": 1
    }
    assert entries(twice)["opening"]["sequence"] == 2
    assert entries(twice)["opening"]["summary"] == "Good morning"


def test_a_slot_that_has_gone_is_cancelled_once_and_may_come_back(
    event: Event, run: Run, sent: Path
) -> None:
    text = event("holographic-24h.yaml").read_text()
    without = re.sub(r"  - \{id: break-1,.*\n", "", text)

    calendars = []
    for day in (without, without, text):
        calendars.append(run("check", event("x.yaml", day), "--ics-since", sent).stdout)
        sent.write_bytes(calendars[-1].encode())

    gone, still, back = [entries(text)["break-1"] for text in calendars]
    assert (gone["status"], gone["sequence"]) == ("CANCELLED", 1)
    assert calendars[0] == calendars[1]
    assert ("status" in back, back["sequence"]) == (False, 2)
    assert still == gone


def test_a_renamed_slot_stays_the_same_entry(event: Event, run: Run, sent: Path) -> None:
    text = event("holographic-24h.yaml").read_text()
    renamed = text.replace("{id: opening,", "{id: welcome, was: opening,")

    shown = entries(run("check", event("x.yaml", renamed), "--ics-since", sent).stdout)

    assert "welcome" not in shown
    assert shown["opening"]["sequence"] == 0


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ("nothing", "cannot be read"),
        ("BEGIN:VCALENDAR\nno", "the calendar that was sent out before is none"),
        ("other", 'is "24 hours of holographic surgery · mumbai"'),
    ],
)
def test_a_calendar_that_is_none_or_anothers_is_refused(
    event: Event, run: Run, made: str, sentence: str
) -> None:
    path, old = event("holographic-24h.yaml"), Path("old.ics")
    if made == "other":
        old.write_bytes(run("check", path, "--ics", "--site", "mumbai").stdout.encode())
    elif made != "nothing":
        old.write_text(made)

    result = run("check", path, "--ics-since", old)

    assert result.exit_code == 2
    assert sentence in result.output


def test_only_one_form_at_a_time(event: Event, run: Run) -> None:
    assert run("check", event("holographic-24h.yaml"), "--csv", "--html").exit_code == 2


def test_control_characters_of_a_title_never_reach_the_terminal(event: Event, run: Run) -> None:
    text = event("holographic-24h.yaml").read_text()
    path = event("x.yaml", text.replace("title: Welcome to 24 hours", r'title: "W\e[2J\u009b3J"'))

    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", run("check", path).output)


def test_watch_sees_a_change_of_the_file_and_of_what_it_includes(event: Event) -> None:
    event("holographic-24h.yaml")
    demo = event("demo.yaml")
    before = files_of(demo)

    event("holographic-24h.yaml", Path("holographic-24h.yaml").read_text() + "# more\n")

    assert set(before) == {demo, Path("holographic-24h.yaml")}
    assert files_of(demo) != before


def test_schema_prints_a_json_schema(run: Run) -> None:
    schema = json.loads(run("schema").stdout)

    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"event", "rundown", "sites", "kinds"} <= schema["properties"].keys()
