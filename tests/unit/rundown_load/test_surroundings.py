"""What lies outside the file: consent records, secrets, media; and what nothing acts on yet."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.rundown.environment import check_environment, own_variable
from orchestrator.rundown.load import Loaded, load
from orchestrator.rundown.problem import Severity

Read = Callable[..., Loaded]
Said = Callable[[Loaded], list[str]]

EXAMPLE = Path(__file__).parents[3] / "schedules" / "holographic-24h.yaml"
CASE = (
    "rundown: [{id: case, kind: surgery, site: north, consent: C-1, audience: %s}]\nstandby: []\n"
)


@pytest.mark.parametrize(
    ("audience", "record", "sentences"),
    [
        ("professional", "C-1: {scopes: [professional]}", []),
        ("open", "C-1: {scopes: [open]}", []),
        ("professional", "C-1: {scopes: [open]}", []),
        (
            "open",
            "C-1: {scopes: [professional]}",
            [
                '12:11  case is live surgery for audience "open", consent C-1 covers '
                '"professional".   Set audience: professional, or have the producer record an '
                "override:\n"
                'orchestrator consent override case --by NAME --reason "…"'
            ],
        ),
        ("open", "C-1: {scopes: [professional], overrides: {case: {by: ann}}}", []),
        (
            "professional",
            "C-1: {scopes: [professional], expires: 2026-10-23}",
            ["12:11  case: consent C-1 expired on 2026-10-23.   Ask for it again."],
        ),
        ("professional", "C-1: {scopes: [professional], expires: 2026-10-24}", []),
        (
            "professional",
            "C-1: {scopes: [professional], withdrawn: 2026-10-01}",
            ["12:11  case: consent C-1 was withdrawn.   Take it out of the rundown."],
        ),
    ],
)
def test_a_slot_shows_no_more_than_was_agreed_to(
    read: Read, said: Said, audience: str, record: str, sentences: list[str]
) -> None:
    assert said(read(CASE % audience, consent=record + "\n")) == sentences


def test_a_clip_brings_its_own_consent(read: Read, said: Said) -> None:
    loaded = read(
        "include: [clips.yaml]\n"
        "rundown:\n"
        "  - {id: one, kind: video, scene: {main: clip.old}, audience: open, consent: C-1}\n",
        clips="clips: {old: {file: old.mp4, consent: C-2}}\n",
        consent="C-1: {scopes: [open]}\nC-2: {scopes: [professional]}\n",
    )
    (sentence,) = said(loaded)
    assert sentence.startswith(
        '14:5  one is recorded video for audience "open", consent C-2 covers "professional".'
    )


def test_without_records_it_is_said_once_that_consent_is_not_checked(read: Read) -> None:
    (note,) = read(CASE % "open").problems
    assert note.severity is Severity.NOTE
    assert note.message.startswith("consent is not checked: there is no record file ")


def test_a_reference_without_a_record_is_a_note(read: Read) -> None:
    (note,) = read(CASE % "open", consent="C-9: {scopes: [open]}\n").problems
    assert (note.severity, note.message) == (Severity.NOTE, "there is no record of consent C-1.")


def test_each_missing_variable_and_file_is_noted_once() -> None:
    plan = load(EXAMPLE).plan
    assert plan is not None
    notes = check_environment(plan, {"STUDIO_KEY": "x", "STUDIO_URL": ""}, Path("/nowhere"))
    assert {note.severity for note in notes} == {Severity.NOTE}
    assert [note.message for note in notes if note.code == "N-secret"] == [
        "FEED_KEY is not set; paris.headset and 25 more cannot connect without it.",
        "STUDIO_URL is not set; studio.backup cannot connect without it.",
        "PLATFORM_URL is not set; platform cannot connect without it.",
    ]
    assert [note.path for note in notes if note.code == "N-clip"] == [
        f"clips › {clip}" for clip in plan.clips
    ]


def test_a_feed_is_content_with_a_variable_of_its_own() -> None:
    plan = load(EXAMPLE).plan
    assert plan is not None
    users = [feed.id for feed in plan.feeds() if feed.address == "env:FEED_KEY"]
    own = {own_variable("FEED_KEY", feed): "srt://x" for feed in users}

    def lacking(environ: dict[str, str]) -> list[str]:
        notes = check_environment(plan, environ, Path("/nowhere"))
        return [note.message for note in notes if note.message.startswith("FEED_KEY")]

    assert "FEED_KEY__MUMBAI_HEADSET" in own
    assert lacking(own) == []
    assert lacking(own | {"FEED_KEY__MUMBAI_HEADSET": ""}) == [
        "FEED_KEY is not set; mumbai.headset cannot connect without it."
    ]
    assert lacking({"FEED_KEY": "srt://x"}) == []


def test_nothing_is_noted_where_everything_is(tmp_path: Path) -> None:
    plan = load(EXAMPLE).plan
    assert plan is not None
    for clip in plan.clips.values():
        (tmp_path / clip.file).parent.mkdir(exist_ok=True)
        (tmp_path / clip.file).touch()
    names = ("FEED_KEY", "STUDIO_KEY", "STUDIO_URL", "PLATFORM_URL")
    environ = dict.fromkeys(names, "x") | {"PLATFORM_URL": "rtmps://live.example/app/key"}
    assert check_environment(plan, environ, tmp_path) == ()


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ("srt://live.example:9000", "must begin with rtmp:// or rtmps://"),
        ("rtmp:///app/key", "names no host"),
        ("rtmp://live.example/app", "needs an app and a key: rtmp://host/app/key"),
        ("rtmp://live.example:port/app/key", "is no address: its host or port cannot be read"),
        ("rtmp://ann:secret@live.example/app/key", "holds a user name; RTMP knows keys only"),
    ],
)
def test_a_variable_that_holds_no_address_is_noted_without_being_repeated(
    read: Read, held: str, why: str
) -> None:
    plan = read(
        "outputs: {push: {p: {url: env:PLATFORM_URL}}}\nrundown: [{id: a, kind: break}]\n"
    ).plan
    assert plan is not None

    notes = check_environment(plan, {"PLATFORM_URL": held}, Path("/nowhere"))
    (note,) = [note for note in notes if note.code == "N-address"]

    assert note.message == f"PLATFORM_URL {why}; push p cannot connect with it."
    assert note.mark.line > 1
    assert "secret" not in note.text()
    assert "live.example" not in note.text()
    unsent = check_environment(plan, {"PLATFORM_URL": held}, Path("/nowhere"), pushes=False)
    assert not any("PLATFORM_URL" in note.message for note in unsent)


def test_what_nothing_acts_on_is_listed_only_where_it_is_used(read: Read) -> None:
    plain = read(
        "rundown: [{id: pause, kind: break, checks: [feed, sound]}]\n"
        "shifts: [{from: 12:00, to: 13:00, desk: ann}]\n"
    )
    used = read("rundown: [{id: pause, kind: break, setup: 5m, was: old}]\n")
    assert plain.unenforced == ()
    assert [line.partition(":")[0] for line in used.unenforced] == ["setup", "was"]


def test_words_that_yaml_would_change_arrive_as_written(read: Read) -> None:
    plan = read(
        """\
version: 1
event: {id: 0x1f, title: 08, timezone: UTC, start: 2026-10-24T12:00, duration: 24h}
sites: {no: {timezone: Europe/Oslo, title: yes, feeds: {on: {url: a}}}}
people: {08: {name: 1_000, role: null-meridian}}
rundown:
  - {id: off-1, kind: panel, title: 13:30, site: no, start: 13:30, scene: {main: no.on},
     people: {host: 08}}
""",
        house=False,
    ).plan
    assert plan is not None
    assert (plan.id, plan.title) == ("0x1f", {"en": "08"})
    assert plan.sites["no"].title == {"en": "yes"}
    assert plan.people["08"].name == "1_000"
    (slot,) = plan.slots
    assert slot.title == {"en": "13:30"}
    assert slot.start.at is not None
    assert slot.start.at.clock == (13, 30, 0)
    assert slot.people == {"host": ("08",)}
