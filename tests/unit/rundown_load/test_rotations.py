"""Rotations, kinds and merging: rule R1, R2 and the order of the layers."""

from collections.abc import Callable
from pathlib import Path

from orchestrator.rundown.load import Loaded, load

Read = Callable[..., Loaded]
Said = Callable[[Loaded], list[str]]

EXAMPLE = Path(__file__).parents[3] / "schedules" / "holographic-24h.yaml"

PATTERN = """\
patterns:
  hour:
    case: {kind: panel, scene: {main: .headset}}
    talk: {kind: interview, scene: {main: .room}}
"""


def test_inserting_a_row_changes_no_other_id(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    before = load(EXAMPLE).plan
    row = (
        "      - site: london\n"
        "        as: london-0\n"
        "        case: {title: Another, people: {surgeon: r-hale}, consent: C-X}\n"
        "        talk: off\n"
    )
    path = tmp_path / "event.yaml"
    path.write_text(text.replace("      - site: dubai\n", row + "      - site: dubai\n"))

    after = load(path).plan

    assert before is not None
    assert after is not None
    new = ["london-0-case", "london-0-table"]
    assert [s.id for s in after.slots if s.id not in new] == [s.id for s in before.slots]
    assert [s.id for s in after.slots if s.id in new] == new


def test_layers_are_merged_from_the_built_in_to_the_slot(read: Read) -> None:
    plan = read(
        """
defaults: {priority: 2, arm: 2s, setup: 2s, preroll: 2s, language: aa, x-a: defaults}
kinds: {talk: {like: interview, priority: 3, arm: 3s, setup: 3s, preroll: 3s, x-a: kind}}
patterns: {hour: {word: {kind: talk, priority: 4, arm: 4s, setup: 4s, scene: {main: .room}}}}
rundown:
  - rotation: hour
    defaults: {priority: 5, arm: 5s, x-b: rotation}
    rows:
      - {site: north, slot: {priority: 6, x-b: row}, word: {title: A, priority: 7}}
"""
    ).plan
    assert plan is not None
    (slot,) = plan.slots
    assert (slot.priority, slot.arm, slot.setup, slot.preroll) == (7, 150, 120, 90)
    assert slot.language == "aa"
    assert slot.extra == {"x-a": "kind", "x-b": "row"}
    assert slot.kinds == ("talk", "interview")


def test_maps_merge_deeply_lists_replace_and_a_tilde_removes(read: Read) -> None:
    plan = read(
        """
defaults: {not_ready: {wait: 5m, then: ask}, health: {loss: 4s}}
kinds:
  a: {like: panel, checks: [feed, sound, sync], audio: {main: -3 dB}, people: {host: ann}}
  b: {like: a, checks: [sound], not_ready: ~, people: {guests: ben}, health: {loss: ~}}
rundown:
  - {id: x, kind: b, scene: {main: studio.main}, people: {host: ~}}
  - {id: y, kind: a, scene: {main: studio.main}}
"""
    ).plan
    assert plan is not None
    x, y = plan.slots
    assert x.checks == ("sound",)
    assert x.scene.audio == {"main": -3.0}
    assert x.people == {"guests": ("ben",)}
    assert (x.not_ready.wait, x.not_ready.then) == (0, "start")
    assert x.health.loss == 45
    assert (y.not_ready.then, y.health.loss) == ("ask", 120)


def test_a_row_may_hold_a_start_which_is_its_first_slots(read: Read) -> None:
    plan = read(
        PATTERN
        + """
rundown:
  - rotation: hour
    rows:
      - {site: north}
      - {site: south, start: 13:30, case: off}
"""
    ).plan
    assert plan is not None
    starts = {slot.id: slot.start.at.text for slot in plan.slots if slot.start.at}
    assert starts == {"south-talk": "13:30"}
    assert plan.slots[2].site == "south"


def test_between_makes_one_slot_less_than_rows(read: Read) -> None:
    plan = read(
        PATTERN
        + """
rundown:
  - rotation: hour
    between: {kind: handover, scene: {main: studio.main}}
    rows:
      - {site: north, talk: off}
      - {site: south, talk: off}
      - {site: north, as: north-2, talk: off}
"""
    ).plan
    assert plan is not None
    assert [slot.id for slot in plan.slots] == [
        "north-case",
        "north-to-south",
        "south-case",
        "south-to-north-2",
        "north-2-case",
    ]


def test_a_field_for_the_whole_row_is_told_where_it_belongs(read: Read, said: Said) -> None:
    loaded = read(PATTERN + "rundown: [{rotation: hour, rows: [{site: north, language: fr}]}]\n")
    assert said(loaded) == [
        '16:49  row north: unknown field "language".   '
        "For all slots of the row:  slot: {language: …}"
    ]


def test_a_misspelt_member_of_a_row_is_guessed(read: Read, said: Said) -> None:
    loaded = read(PATTERN + "rundown: [{rotation: hour, rows: [{site: north, tlak: off}]}]\n")
    assert said(loaded) == ['16:49  row north: unknown field "tlak".   Did you mean talk?']


def test_a_kind_of_ones_own_lies_over_the_built_in_one(read: Read) -> None:
    plan = read(
        """
kinds: {break: {priority: 3}}
rundown: [{id: pause, kind: break}]
"""
    ).plan
    assert plan is not None
    (pause,) = plan.slots
    assert (pause.priority, pause.grow, pause.droppable) == (3, 20 * 1800, True)
    assert pause.scene.places == {"main": "slate.event"}


def test_inherited_places_that_the_layout_lacks_are_left_out(read: Read) -> None:
    plan = read(
        """
kinds: {duet: {like: interview, scene: {layout: duo, main: studio.main, inset: .room}}}
rundown: [{id: solo, kind: duet, site: north, scene: {layout: full}}]
"""
    ).plan
    assert plan is not None
    assert plan.slots[0].scene.places == {"main": "studio.main"}
    assert plan.slots[0].fallback == {"main": ("slate.site.north",)}
