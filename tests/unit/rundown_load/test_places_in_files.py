"""Where problems are: through anchors, merges, includes, kinds and rotations; both places named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.rundown.load import Loaded, load
from orchestrator.rundown.problem import Severity

Read = Callable[..., Loaded]
Said = Callable[[Loaded], list[str]]


def test_a_mistake_behind_an_anchor_is_told_once_where_it_was_written(
    read: Read, said: Said
) -> None:
    loaded = read(
        """
x-common: &limits
  health: {loss: 3}
kinds:
  a: {like: break, <<: *limits}
  b: {like: break, <<: [*limits]}
rundown: [{id: one, kind: a}, {id: two, kind: b}, {id: three, kind: b}]
"""
    )
    assert said(loaded) == ['14:18  kinds › a › health.loss: "3" has no unit.   Write 3m or 3s.']


def test_a_feed_that_one_site_lacks_names_the_kind_and_the_slot(read: Read) -> None:
    loaded = read(
        """
kinds: {watch: {like: panel, scene: {main: .room}}}
rundown:
  - {id: one, kind: watch, site: north}
  - {id: two, kind: watch, site: studio}
"""
    )
    (problem,) = loaded.problems
    assert (problem.mark.line, problem.also and problem.also.line) == (13, 16)
    assert problem.text().endswith(
        'kinds › watch › scene.main: site studio has no feed "room", which two (line 16) wants.   '
        "It has: main."
    )


def test_a_relative_feed_without_a_site_names_the_slot(read: Read, said: Said) -> None:
    loaded = read("rundown: [{id: one, kind: panel}]\n")
    assert said(loaded) == [
        "12:11  kinds › panel (built in) › scene.main: "
        '".main" is a feed of the slot\'s site, but one (line 12) has no site.   '
        "Give it a site, or write site.feed."
    ]


def test_a_duplicate_key_names_both_lines_and_reading_goes_on(read: Read, said: Said) -> None:
    loaded = read(
        """
rundown:
  - id: one
    kind: break
    kind: panel
    duration: 5
"""
    )
    assert said(loaded) == [
        '16:5  "kind" is written twice in one table (lines 15 and 16).   Keep one.',
        '17:15  one › duration: "5" has no unit.   Write 5m or 5s.',
    ]


def test_the_same_person_in_two_files_names_both(read: Read) -> None:
    loaded = read(
        "include: [more.yaml]\nrundown: [{id: one, kind: break}]\n",
        more="people:\n  cy: {name: Cy}\n  ann: {name: Ann Again}\n",
    )
    (problem,) = loaded.problems
    assert Path(problem.mark.file).name == "more.yaml"
    assert problem.mark.line == 3
    assert problem.also is not None
    assert (Path(problem.also.file).name, problem.also.line) == ("event.yaml", 4)
    assert problem.message.startswith('"ann" is already in ')


def test_a_mistake_in_an_included_file_is_told_there(read: Read) -> None:
    loaded = read(
        "include: [more.yaml]\nrundown: [{id: one, kind: long}]\n",
        more="kinds:\n  long: {like: break, duration: 1}\n",
    )
    (problem,) = loaded.problems
    assert (Path(problem.mark.file).name, str(problem.mark.line)) == ("more.yaml", "2")
    assert problem.path == "kinds › long › duration"


def test_an_included_rundown_stays_out_and_its_shelf_comes_in(read: Read) -> None:
    loaded = read(
        "include: more.yaml\nrundown: [{id: one, kind: break, standby: shelf}]\n",
        more=(
            "event: {id: other}\noutputs: {hls: {window: 1m}}\n"
            "rundown: [{id: two, kind: break}]\nstandby: [{id: shelf, kind: break}]\n"
        ),
    )
    assert loaded.plan is not None
    assert [slot.id for slot in loaded.plan.slots] == ["one"]
    assert [slot.id for slot in loaded.plan.standby] == ["shelf"]
    assert loaded.plan.id == "day"
    assert loaded.plan.outputs[0].options["window_s"] == 60.0
    (note,) = loaded.problems
    assert note.severity is Severity.NOTE
    assert note.message == "rundown of this file stay out: one running order, one file."


def test_files_that_include_each_other_are_told(read: Read, said: Said) -> None:
    loaded = read(
        "include: [more.yaml]\nrundown: [{id: one, kind: break}]\n",
        more="include: [event.yaml]\n",
    )
    (problem,) = loaded.problems
    assert problem.message == '"event.yaml" includes itself.'


def test_includes_are_looked_for_beside_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.yaml").write_text("include: [b.yaml]\n")
    (tmp_path / "lib" / "b.yaml").write_text("clips: {film: {file: film.mp4}}\n")
    (tmp_path / "event.yaml").write_text(
        "version: 1\ninclude: [lib/a.yaml, nowhere.yaml]\n"
        "event: {id: d, title: D, timezone: UTC, start: 2026-01-01 00:00, duration: 1h}\n"
        "rundown: [{id: one, kind: video, scene: {main: clip.film}}]\n"
    )
    loaded = load(tmp_path / "event.yaml")
    assert [p.text().split("/")[-1] for p in loaded.problems] == [
        'event.yaml:2:23  include[2]: there is no file "nowhere.yaml".   '
        "Paths are relative to this file."
    ]
    assert loaded.draft is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "rundown: [{id: a, kind: pannel}]",
            '12:25  rundown › a › kind: there is no kind "pannel".   Did you mean panel?',
        ),
        (
            "rundown: [{id: a, kind: break, site: nroth}]",
            '12:38  rundown › a › site: there is no site "nroth".   Did you mean north?',
        ),
        (
            "rundown: [{id: a, kind: break, scene: {main: clip.flim}}]",
            '12:46  rundown › a › scene.main: there is no clip "flim".   Did you mean film?',
        ),
        (
            "rundown: [{id: a, kind: break, scene: {layout: pipp}}]",
            '12:48  rundown › a › scene.layout: there is no layout "pipp".   Did you mean pip?',
        ),
        (
            "rundown: [{id: a, kind: break, scene: {mian: hide}}]",
            '12:46  rundown › a › scene.mian: no layout has a place "mian".   Did you mean main?',
        ),
        (
            "rundown: [{id: a, kind: break, scene: {inset: clip.film}}]",
            '12:47  rundown › a › scene.inset: the layouts of this slot have no place "inset".   '
            "They have: main.",
        ),
        (
            "rundown: [{id: a, kind: break, scene: {layout: duo}}]",
            '12:39  rundown › a › scene: nothing stands in the place "inset" of layout duo.   '
            "Write inset: … (a source), or inset: hide.",
        ),
        (
            "rundown: [{id: a, kind: break, graphics: [{use: lower-thrid}]}]",
            '12:49  rundown › a › graphics[1].use: there is no graphic "lower-thrid".   '
            "Did you mean lower-third?",
        ),
        (
            "rundown: [{id: a, kind: break, graphics: [{use: badge}]}]",
            "12:49  a › graphics[1].use: the badge is always there and follows the mode.   "
            "Remove this line.",
        ),
        (
            "rundown: [{id: a, kind: break, outputs: {platform: slate}}]",
            '12:52  rundown › a › outputs.platform: there is no output "platform".   '
            "There are: hls.",
        ),
        (
            "rundown: [{id: a, kind: break, standby: b}]\nstandby: [{id: bb, kind: break}]",
            '12:41  rundown › a › standby: there is no standby slot "b".   Did you mean bb?',
        ),
        (
            "rundown: [{id: a, kind: break, start: {after: c}}]",
            '12:47  rundown › a › start.after: there is no slot "c".   There are: a.',
        ),
        (
            "rundown: [{id: a, kind: break, start: 08:00 nroth}]",
            '12:39  rundown › a › start: there is no site "nroth".   Did you mean north?',
        ),
        (
            "rundown: [{id: a, kind: surgery, site: north}]",
            "12:11  a: is a surgery and names no consent.   "
            "Write consent: C-… (the reference, never a name).",
        ),
        (
            "rundown: [{id: end, kind: break}]",
            '12:16  rundown: "end" is a word of the rundown and cannot be an id.',
        ),
        (
            "rundown: [{id: A b, kind: break}]",
            '12:16  rundown: "A b" cannot be an id.   '
            "Use small letters, digits and hyphens, at most 48, like brussels-case.",
        ),
        (
            "rundown: [{id: a, kind: break, audio: {main: 0}}]",
            '12:46  a › audio.main: "0" has no unit.   Write 0 dB.',
        ),
        (
            "rundown: [{id: a, kind: break, priority: 10}]",
            '12:42  a › priority: "10" is not a number from 1 to 9.',
        ),
        (
            "rundown: [{id: a, kind: break, duration: 2m}]",
            "12:42  a: lasts 2m and may shrink by 10m.   Write flex: none, or a flex of its own.",
        ),
        (
            "rundown: [{id: a, kind: break, duration: 20.01s, flex: none}]",
            "12:42  a › duration: becomes 600 frames (20.000 s) at 30 fps.",
        ),
        (
            "outputs: {push: {p: {url: rtmp://u:secret@host/x}}}\nrundown: [{id: a, kind: break}]",
            "12:27  outputs › push.p.url: holds a secret in clear.   "
            "Put the whole address into the environment and write env:NAME.",
        ),
        (
            "outputs: {push: {p: {url: https://host/app/key}}}\nrundown: [{id: a, kind: break}]",
            "12:27  outputs › push.p.url: must begin with rtmp:// or rtmps://.   "
            "Write rtmp://HOST/APP/KEY, or better env:NAME.",
        ),
        (
            "outputs: {push: {p: {url: env:A, backup: rtmps://host/app}}}\n"
            "rundown: [{id: a, kind: break}]",
            "12:42  outputs › push.p.backup: needs an app and a key: rtmps://host/app/key.   "
            "Write rtmp://HOST/APP/KEY, or better env:NAME.",
        ),
    ],
)
def test_what_does_not_exist_or_fit_is_told_with_the_way_out(
    read: Read, said: Said, text: str, sentence: str
) -> None:
    assert said(read(text + "\n")) == [sentence]


def test_an_empty_rundown_is_a_mistake(read: Read, said: Said) -> None:
    assert said(read("rundown: []\n")) == [
        "1  there is nothing in the rundown.   Write rundown: [{id: …, kind: …}]."
    ]


def test_a_secret_in_clear_is_not_repeated(read: Read, said: Said) -> None:
    loaded = read(
        "kinds: {}\nrundown: [{id: a, kind: break}]\n"
        "outputs: {push: {p: {url: 'rtmp://h/live?key=hunter2'}}}\n"
    )
    assert "hunter2" not in "".join(said(loaded))
    assert loaded.plan is None


def test_a_kind_nobody_uses_is_read_too(read: Read, said: Said) -> None:
    loaded = read(
        "kinds: {odd: {duration: 3, scene: {main: studio.mian}}}\nrundown: [{id: a, kind: break}]\n"
    )
    assert said(loaded) == [
        '12:25  kinds › odd › duration: "3" has no unit.   Write 3m or 3s.',
        '12:42  kinds › odd › scene.main: site studio has no feed "mian".   It has: main.',
    ]


@pytest.mark.parametrize(
    ("text", "place_and_sentence"),
    [
        ("a: 'x\n", "1:4  the quote that opens here is never closed."),
        (
            "a: {b: 1\n",
            "2:1  the file ends inside what began on line 1.   Look for a missing } or ].",
        ),
        (
            "a: {b: 1\nc: 2\n",
            "2:2  what was opened on line 1 is not closed.   Look for a missing } or ].",
        ),
        ("a:\n\t- b\n", "2:1  a tab indents this line.   Use spaces."),
        ("a: *b\n", "1:4  nothing above is marked &b.   A text that begins with * needs quotes."),
        ("a: @b\n", "1:4  a text cannot begin with @.   Put it in quotes."),
        ("a: 1\nb\nc: 2\n", "2:1  this line has no colon.   Write  name: value"),
        ("a: 1\n---\nb: 2\n", "2:1  a second document begins here (---).   One file, one event."),
        (
            "a:\n  b: 1\n   c: 2\n",
            "3:5  this line is read as going on with the text of the line before it.   "
            "Give it the same indentation as its neighbours.",
        ),
        (
            "a:\n  b: {c: 1}\n d: {e: 1}\n",
            "3:2  this does not fit the block that began on line 1.   Check the indentation; "
            "text after a closing quote or bracket is not allowed.",
        ),
        ("a: \x01\n", "1:4  the character '\\x01' cannot be in a file."),
    ],
)
def test_yaml_that_is_broken_is_told_in_plain_words(
    read: Read, said: Said, text: str, place_and_sentence: str
) -> None:
    assert said(read(text, house=False)) == [place_and_sentence]
