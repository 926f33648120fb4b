import json
from pathlib import Path

import pytest
from smallevent import EVENT, GRID, Place

from orchestrator.bus.decisions import SafetyAct
from orchestrator.bus.lines import LineWriter, read_lines
from orchestrator.bus.tree import StateFolder
from orchestrator.control.carry import SafetyMerger
from orchestrator.control.journal import Journal, read_journal
from orchestrator.control.journals import FileJournal, now
from orchestrator.control.prepare import check_runnable
from orchestrator.errors import ConfigError
from orchestrator.rundown.resolved import Resolved

MINUTE = 30 * 60


def snapshot(place: Place) -> Resolved:
    return Resolved.from_json(place.live.snapshot.read_bytes())


def snapshot_start(place: Place) -> int:
    """The event's first frame, where the clock stands at the beginning."""
    return GRID.frame_at(place.clock.now_ns())


def journal_act(place: Place, act: SafetyAct) -> None:
    """As control does when the gate has acted."""
    writer = LineWriter(place.live.decisions)
    writer.append(act.record())
    writer.close()
    journal = FileJournal(place.state.journal, place.clock)
    merger = SafetyMerger(place.live.decisions, journal, GRID)
    now(merger.merge())
    merger.close()
    now(journal.shut())


def test_it_writes_the_day_the_orders_and_which_processes_there_are(place: Place) -> None:
    place.prepare()

    processes = json.loads(place.live.processes.read_bytes())
    assert processes["feeds"] == ["london.headset", "london.room", "studio.main"]
    assert processes["tracks"] == ["180p", "a"]
    assert (processes["fps"], processes["part_frames"], processes["segment_frames"]) == (30, 16, 64)
    assert (processes["audiences"], processes["public_audience"]) == (["open"], "open")
    assert (processes["window_s"], processes["clips"]) == (20, False)
    assert [slot.id for slot in snapshot(place).slots][:2] == ["opening", "case"]
    assert read_lines(place.live.orders) == []
    assert read_journal(place.state.journal).entries[0].verb == "start"


def test_a_wrong_file_is_refused_with_everything_that_is_wrong_and_nothing_written(
    place: Place,
) -> None:
    place.event.write_text(EVENT.replace("duration: 5m", "duration: 5").replace("12:25", "12:1"))

    with pytest.raises(ConfigError) as refused:
        place.prepare()

    assert str(refused.value).count("event.yaml:") >= 3
    assert not place.live.snapshot.exists()
    assert not place.state.journal.exists()


def test_what_this_machine_lacks_is_an_error_now(place: Place) -> None:
    text = EVENT.replace('"srt://127.0.0.1:9003"', "env:NOBODY_SET_THIS").replace(
        "outputs:", "clips: {film: {file: film.mp4}}\noutputs:"
    )
    place.event.write_text(text)

    with pytest.raises(ConfigError) as refused:
        check_runnable(place.event, place.state, None)

    assert "NOBODY_SET_THIS is not set" in str(refused.value)
    assert "film.mp4" in str(refused.value)


def test_a_rehearsal_asks_for_no_key_of_a_platform(place: Place) -> None:
    push = "outputs: {push: {platform: {url: env:NOBODY_SET_THIS}}, hls: "
    place.event.write_text(EVENT.replace("outputs: {hls: ", push))

    check_runnable(place.event, place.state, "now")
    place.prepare(start="now")
    check_runnable(place.event, place.state, None)  # joins the rehearsal that has begun
    with pytest.raises(ConfigError, match="NOBODY_SET_THIS is not set"):
        check_runnable(place.event, place.state, None, on_air=True)
    with pytest.raises(ConfigError, match="NOBODY_SET_THIS is not set"):
        check_runnable(place.event, place.state, None, fresh=True)


def test_files_are_named_so_that_every_process_finds_them(place: Place) -> None:
    (place.event.parent / "film.mp4").touch()
    place.event.write_text(EVENT.replace("outputs:", "clips: {film: {file: film.mp4}}\noutputs:"))

    place.prepare()

    assert snapshot(place).clips["film"].file == str(place.event.parent / "film.mp4")


def test_start_now_is_decided_once_and_a_restart_joins_it(place: Place) -> None:
    (first,) = place.prepare(start="now")
    begins = snapshot(place).start_n
    place.clock.advance(180)

    (again,) = place.prepare(start="now")

    assert "the event begins at" in first
    assert "joins" in again
    assert "changes nothing without --fresh" in again
    assert snapshot(place).start_n == begins
    assert begins % GRID.segment_frames == 0
    assert snapshot(place).is_rehearsal


def test_a_restart_without_start_joins_it_too(place: Place) -> None:
    place.prepare(start="+10m")
    begins = snapshot(place).start_n

    place.prepare()

    assert snapshot(place).start_n == begins


def test_another_start_needs_fresh_and_leaves_the_decisions_behind(place: Place) -> None:
    place.prepare(start="now")
    begins = snapshot(place).start_n
    journal = Journal(place.state.journal, place.clock)
    journal.append("next", n=begins + MINUTE, author="tom", args={"slot": "opening"})
    journal.close()
    place.prepare(start="now")
    assert [record["verb"] for record in read_lines(place.live.orders)] == ["next"]
    place.clock.advance(180)

    place.prepare(start="now", fresh=True)

    assert snapshot(place).start_n >= begins + 180 * 30 - GRID.segment_frames
    assert read_lines(place.live.orders) == []
    assert len(read_journal(place.state.journal).entries) == 4


def test_the_version_counts_days_that_differ(place: Place) -> None:
    place.at(
        snapshot_start(place) - 10 * MINUTE
    )  # nothing has been shown: the file is simply taken
    versions = []
    for text in (EVENT, EVENT, "# a comment\n" + EVENT, EVENT.replace("A talk", "Another"), EVENT):
        place.event.write_text(text)
        place.prepare()
        versions.append(snapshot(place).version)

    assert versions == [1, 1, 1, 2, 3]


def test_a_restart_goes_on_with_the_version_in_force_whatever_the_file_has_become(
    place: Place,
) -> None:
    place.prepare()
    first = snapshot(place)
    place.clock.advance(180)

    for text in (EVENT.replace("A talk", "Another talk"), EVENT.replace("duration: 5m", "x: 5")):
        place.event.write_text(text)
        said = place.prepare()
        assert snapshot(place) == first
        assert "version 1 of" in " ".join(said)
    with pytest.raises(ConfigError):
        place.prepare(fresh=True)


def test_a_restart_that_is_told_to_takes_the_file_and_keeps_what_has_begun(place: Place) -> None:
    place.prepare()
    place.clock.advance(7 * 60)  # the case is on air
    text = EVENT.replace("A talk", "Another talk").replace("title: A case", "title: My case")
    place.event.write_text(text.replace("consent: C-1", "consent: C-2"))

    said = place.prepare(reload=True)

    assert "version 2 of the rundown is taken over now" in said
    slots = {slot.id: slot.plan for slot in snapshot(place).slots}
    assert (slots["talk"].title, slots["case"].title) == ({"en": "Another talk"}, {"en": "My case"})
    assert slots["case"].consent == "C-1"
    orders = {record["verb"]: record["args"] for record in read_lines(place.live.orders)}
    assert orders["rundown"]["version"] == 2
    place.event.write_text("nonsense: [")
    with pytest.raises(ConfigError):
        place.prepare(reload=True)
    place.prepare()
    assert snapshot(place).version == 2


def test_a_state_folder_belongs_to_one_event(place: Place) -> None:
    place.prepare()
    place.event.write_text(EVENT.replace("id: small", "id: other"))

    with pytest.raises(ConfigError, match=r"holds the decisions of event 'small'"):
        place.prepare()
    place.prepare(fresh=True)

    assert snapshot(place).id == "other"


def test_an_event_that_was_stopped_can_be_started_again(place: Place) -> None:
    place.prepare()
    journal_act(place, SafetyAct("stop", 10, 1, "mei"))
    assert read_journal(place.state.journal).entries[-1].verb == "stop"

    place.prepare()

    assert read_lines(place.live.orders) == []


def test_a_new_gate_is_told_what_nobody_has_lifted(place: Place) -> None:
    place.prepare()
    journal_act(place, SafetyAct("blank", 10, 1, "tom"))
    journal_act(place, SafetyAct("unblank", 11, 2, "tom"))
    journal_act(place, SafetyAct("privacy", 12, 3, "nurse", "wristband", "london"))
    journal_act(place, SafetyAct("privacy", 13, 4, "nurse", "name on screen", "studio"))
    journal_act(place, SafetyAct("restore", 14, 5, "tom", "", "studio"))
    place.live.decisions.unlink()  # an orderly stop takes the live tree away

    place.prepare()

    (act,) = [SafetyAct.of(record) for record in read_lines(place.live.decisions)]
    assert (act.act, act.site, act.k, act.author) == ("privacy", "london", 12, "nurse")
    assert [r["verb"] for r in read_lines(place.live.orders)] == ["privacy", "privacy", "restore"]


def test_decisions_of_a_tree_that_was_killed_are_left_as_they_are(place: Place) -> None:
    place.prepare()
    journal_act(place, SafetyAct("blank", 10, 1, "tom"))
    before = place.live.decisions.read_bytes()

    place.prepare()

    assert place.live.decisions.read_bytes() == before


def test_as_run_that_a_killed_control_left_behind_is_carried(place: Place) -> None:
    place.prepare()
    writer = LineWriter(place.live.asrun)
    writer.append({"n": 1, "event": "scene"})
    writer.close()

    place.prepare()

    assert [record["n"] for record in read_lines(place.state.asrun)] == [1]


def test_a_damaged_journal_is_said_and_its_good_prefix_used(place: Place) -> None:
    place.prepare()
    journal = Journal(place.state.journal, place.clock)
    for slot in ("talk", "minister"):
        journal.append("skip", n=100, author="tom", args={"slot": slot, "on": True})
    journal.close()
    damaged = place.state.journal.read_text().replace("minister", "minestra")
    place.state.journal.write_text(damaged)

    (said,) = place.prepare()

    assert "entry 3 was changed" in said
    assert [r["args"]["slot"] for r in read_lines(place.live.orders)] == ["talk"]
    assert place.state.journal.read_text().startswith(damaged)


def test_a_file_that_is_no_file_is_one_sentence(place: Place) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        check_runnable(Path("/nowhere/event.yaml"), StateFolder(Path("/nowhere")), None)
