"""The gate's rule, told what has arrived and what time it is. No clock, no file."""

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.bus.decisions import REAL, Column, SafetyAct
from orchestrator.bus.label import Label
from orchestrator.bus.tree import CLEAN_TRACK
from orchestrator.delivery.rule import Arrived, Cadence, Rule
from orchestrator.delivery.safety import redaction
from orchestrator.timing.grid import NS, Grid

GRID = Grid.standard(30)
PARTS = GRID.parts_per_segment
VIDEO = ("720p", "360p")
TRACKS = (*VIDEO, "a")
FIRST = GRID.part(1_000, 0)
MS = NS // 1000
OPEN = Label("open")
NOT_ON_HLS = Label("open", slate_outputs=("hls",))

ALL_IDR = Arrived(dict.fromkeys(TRACKS, True), OPEN)
ALL_P = Arrived({"720p": False, "360p": False, "a": True}, OPEN)
NOTHING = Arrived()


def _rule(next_k: int = FIRST, audiences: tuple[str, ...] = ("open",), delay_s: int = 0) -> Rule:
    return Rule(Cadence(GRID, delay_s * NS), TRACKS, audiences, next_k, hls_audience="open")


def _end(k: int) -> int:
    return GRID.part_end_ns(k)


def _late(rule: Rule, arrived: Arrived) -> Column:
    """What is decided when waiting is no longer possible."""
    [column] = rule.decide(rule.cadence.deadline_ns(rule.next_k), arrived)
    return column


def _act(word: str, k: int, at_ns: int = 0, **more: object) -> SafetyAct:
    return SafetyAct(act=word, k=k, at_ns=at_ns, author="tom", **more)  # type: ignore[arg-type]


def test_nothing_is_published_before_the_end_of_a_part() -> None:
    rule = _rule()

    assert rule.decide(_end(FIRST) - 1, ALL_IDR) == []
    assert rule.decide(_end(FIRST), ALL_IDR)[0].tracks == dict.fromkeys(TRACKS, REAL)


def test_nothing_is_published_before_the_delay_is_over() -> None:
    rule = _rule(delay_s=20)

    assert rule.decide(_end(FIRST) + 20 * NS - 1, ALL_IDR) == []
    assert rule.decide(_end(FIRST) + 20 * NS, ALL_IDR)[0].late_ms == 0


def test_a_column_waits_for_its_last_track_but_not_beyond_the_grace() -> None:
    without_sound = Arrived({"720p": True, "360p": True}, OPEN)
    rule = _rule()

    assert rule.decide(_end(FIRST) + 399 * MS, without_sound) == []
    [column] = rule.decide(_end(FIRST) + 400 * MS, without_sound)

    assert column.tracks == {"720p": REAL, "360p": REAL, "a": 0}
    assert (column.why, column.late_ms) == ("missing", 400.0)


def test_a_delay_longer_than_the_grace_leaves_nothing_to_wait_for() -> None:
    rule = _rule(delay_s=5)

    [column] = rule.decide(_end(FIRST) + 5 * NS, NOTHING)

    assert column.tracks == dict.fromkeys(TRACKS, 0)


def test_slate_counts_on_and_begins_again_at_each_segment_start() -> None:
    rule = _rule(FIRST + 2)

    columns = [_late(rule, NOTHING) for _ in range(7)]

    assert [c.k for c in columns] == list(range(FIRST + 2, FIRST + 9))
    assert [c.tracks["720p"] for c in columns] == [0, 1, 0, 1, 2, 3, 0]


def test_slate_begins_with_its_idr_wherever_the_programme_stops() -> None:
    rule = _rule()
    _late(rule, ALL_IDR)
    _late(rule, ALL_P)

    columns = [_late(rule, NOTHING) for _ in range(3)]

    assert [c.tracks["720p"] for c in columns] == [0, 1, 0]
    assert "720p" in columns[0].independent
    assert "720p" not in columns[1].independent


def test_the_programme_hands_back_at_its_first_idr_and_sound_at_any_part() -> None:
    rule = _rule()
    _late(rule, ALL_IDR)
    _late(rule, NOTHING)

    discarded = _late(rule, ALL_P)
    one_of_two = _late(rule, Arrived({"720p": True, "360p": False, "a": True}, OPEN))
    back = _late(rule, Arrived({"720p": False, "360p": True, "a": True}, OPEN))

    assert discarded.tracks == {"720p": 1, "360p": 1, "a": REAL}
    assert one_of_two.tracks == {"720p": REAL, "360p": 2, "a": REAL}
    assert back.tracks == dict.fromkeys(TRACKS, REAL)
    assert (discarded.why, back.why) == ("missing", "")


def test_the_stream_opens_with_an_idr() -> None:
    rule = _rule()

    assert _late(rule, ALL_P).tracks == {"720p": 0, "360p": 0, "a": REAL}


def test_blank_decides_all_tracks_and_waits_for_nobody() -> None:
    rule = _rule()
    _late(rule, ALL_IDR)
    rule.act(_act("blank", FIRST + 1))

    [column] = rule.decide(_end(FIRST + 1), NOTHING)

    assert column.tracks == dict.fromkeys(TRACKS, 0)
    assert (column.why, column.late_ms) == ("blank", 0.0)


def test_after_unblank_the_programme_comes_back_at_its_next_idr() -> None:
    rule = _rule()
    _late(rule, ALL_IDR)
    rule.act(_act("blank", FIRST + 1))
    _late(rule, ALL_P)
    rule.act(_act("unblank", FIRST + 2))

    assert _late(rule, ALL_P).tracks["720p"] == 1
    assert _late(rule, ALL_P).tracks["720p"] == 2
    assert _late(rule, ALL_IDR).tracks["720p"] == REAL


def test_privacy_destroys_everything_made_until_now_and_then_what_shows_the_site() -> None:
    rule = _rule(delay_s=2)
    made_until = FIRST + 3
    london, studio = Label("open", sites=("london",)), Label("open", sites=("studio",))
    rule.act(_act("privacy", FIRST, at_ns=_end(made_until) - 200 * MS, site="london"))

    def of(label: Label | None) -> str:
        return _late(rule, Arrived(dict.fromkeys(TRACKS, True), label)).why

    assert [of(studio) for _ in range(4)] == ["privacy"] * 4
    assert of(london) == "privacy"
    assert of(None) == "privacy"
    assert of(studio) == ""
    assert of(london) == "privacy"
    rule.act(_act("restore", rule.next_k, site="london"))
    assert of(london) == ""


def test_privacy_takes_the_column_whose_sound_may_already_be_made() -> None:
    rule = _rule()
    rule.act(_act("privacy", FIRST, at_ns=_end(FIRST) - 40 * MS, site="london"))

    assert [_late(rule, ALL_IDR).why for _ in range(3)] == ["privacy", "privacy", ""]


def test_privacy_without_a_site_holds_everything_until_restore() -> None:
    rule = _rule()
    rule.act(_act("privacy", FIRST, at_ns=_end(FIRST) - 200 * MS))
    whys = [_late(rule, ALL_IDR).why for _ in range(5)]
    rule.act(_act("restore", rule.next_k))

    assert whys == ["privacy"] * 5
    assert _late(rule, ALL_IDR).why == ""


def test_stop_ends_the_stream_with_its_segment() -> None:
    rule = _rule()
    _late(rule, ALL_IDR)
    rule.act(_act("stop", FIRST + 1))

    columns = [_late(rule, ALL_P) for _ in range(3)]

    assert [(c.tracks["720p"], c.why) for c in columns] == [(0, "stop"), (1, "stop"), (2, "stop")]
    assert rule.has_ended
    assert rule.decide(_end(FIRST + 50), ALL_IDR) == []


def test_a_column_for_professionals_is_slate_to_everybody_else() -> None:
    rule = _rule(audiences=("open", "professional"))
    surgery = Arrived(dict.fromkeys(TRACKS, True), Label("professional"))

    wide, strict = rule.decide(_end(FIRST), surgery)

    assert (wide.audience, wide.why, wide.tracks["a"]) == ("open", "audience", 0)
    assert (strict.audience, strict.why, strict.tracks["a"]) == ("professional", "", REAL)


def test_a_column_without_a_label_is_not_for_everybody() -> None:
    rule = _rule(audiences=("open", "professional"))

    wide, strict = rule.decide(_end(FIRST), Arrived(dict.fromkeys(TRACKS, True), None))

    assert (wide.why, strict.why) == ("audience", "")


def test_a_slot_that_hls_may_not_carry_is_slate_to_viewers_and_to_nobody_else() -> None:
    rule = _rule()
    before = _late(rule, ALL_IDR)
    barred = [_late(rule, Arrived(ALL_P.tracks, NOT_ON_HLS)) for _ in range(2)]
    waits = _late(rule, ALL_P)
    back = _late(rule, ALL_IDR)

    assert [c.tracks for c in (before, *barred, waits, back)] == [dict.fromkeys(TRACKS, REAL)] * 5
    assert [c.for_hls().tracks["720p"] for c in (before, *barred, waits, back)] == [-1, 0, 1, 2, -1]
    assert [c.for_hls().tracks["a"] for c in (before, *barred, waits, back)] == [-1, 0, 1, -1, -1]
    assert [c.for_hls().why for c in barred] == ["not for this output"] * 2
    assert "360p" in barred[0].for_hls().independent
    assert [c.is_apart for c in (before.for_hls(), barred[0].for_hls(), back.for_hls())] == [
        False,
        True,
        False,
    ]
    assert Column.of(barred[1].record()) == barred[1]


def test_a_clean_part_that_is_late_is_slate_in_recordings_and_nowhere_else() -> None:
    tracks = (*TRACKS, CLEAN_TRACK)
    rule = Rule(Cadence(GRID), tracks, ("open",), FIRST, hls_audience="open")
    _late(rule, Arrived(dict.fromkeys(tracks, True), OPEN))

    assert rule.decide(_end(FIRST + 1), ALL_P) == []
    column = _late(rule, ALL_P)

    assert column.tracks == dict.fromkeys(TRACKS, REAL) | {CLEAN_TRACK: 0}
    assert (column.why, column.hls_tracks) == ("", {})
    assert column.for_hls().tracks == dict.fromkeys(TRACKS, REAL)


def test_a_column_that_says_nothing_of_itself_is_not_for_viewers() -> None:
    rule = Rule(Cadence(GRID), TRACKS, ("professional",), FIRST, hls_audience="professional")

    [column] = rule.decide(_end(FIRST), Arrived(dict.fromkeys(TRACKS, True), None))

    assert set(column.for_hls().tracks.values()) == {0}


def test_a_gate_that_died_between_two_audiences_decides_only_the_other_one() -> None:
    rule = _rule(audiences=("open", "professional"))
    wide, strict = rule.decide(_end(FIRST), ALL_IDR)
    later = Rule.resume(
        rule.cadence,
        TRACKS,
        ("open", "professional"),
        [wide],
        [],
        now_ns=_end(FIRST) + MS,
        window_parts=100,
    )

    again = later.decide(_end(FIRST), ALL_IDR)

    assert again == [strict]
    assert later.next_k == FIRST + 1


def test_a_stream_begins_six_segments_before_the_running_one() -> None:
    now_ns = _end(FIRST + 2)

    rule = Rule.resume(Cadence(GRID), TRACKS, ("open",), [], [], now_ns=now_ns, window_parts=99)

    assert rule.next_k == FIRST - 6 * PARTS


def test_a_hole_longer_than_the_window_stays_a_hole() -> None:
    rule = _rule()
    column = _late(rule, ALL_IDR)
    now_ns = _end(FIRST + 100 * PARTS + 2)

    def next_k(window_parts: int) -> int:
        return Rule.resume(
            rule.cadence, TRACKS, ("open",), [column], [], now_ns=now_ns, window_parts=window_parts
        ).next_k

    assert next_k(50 * PARTS) == FIRST + 94 * PARTS
    assert next_k(200 * PARTS) == FIRST + 1


# properties


arrivals = st.lists(
    st.builds(
        Arrived,
        st.dictionaries(st.sampled_from(TRACKS), st.booleans()),
        st.sampled_from(
            [None, OPEN, NOT_ON_HLS, Label("professional"), Label("open", sites=("london",))]
        ),
    ),
    min_size=1,
    max_size=40,
)
_AUDIENCES = ("open", "professional")
words = st.sampled_from(["blank", "unblank", "privacy", "restore"])
acts = st.dictionaries(
    st.integers(0, 39),
    st.tuples(words, st.sampled_from(["", "london"]), st.sampled_from([0, 3, 9])),
    max_size=5,
)


def _play(
    first: int, arrived: list[Arrived], pressed: dict[int, tuple[str, str, int]], restarts: set[int]
) -> tuple[list[Column], list[SafetyAct]]:
    """Every column at its deadline, with acts and restarts in front of the given ones."""
    audiences = _AUDIENCES
    rule = Rule(Cadence(GRID), TRACKS, audiences, first, hls_audience="open")
    columns: list[Column] = []
    done: list[SafetyAct] = []
    for i, there in enumerate(arrived):
        k = first + i
        if i in pressed:
            word, site, back = pressed[i]
            span = (max(first, k - back), k - 1)
            looks_back = span if word == "privacy" and back and i else None
            act = _act(word, k, at_ns=_end(k - 1) + 10 * MS, site=site, redacted=looks_back)
            done.append(act)
            rule.act(act)
        if i in restarts:
            rule = Rule.resume(
                Cadence(GRID),
                TRACKS,
                audiences,
                columns,
                done,
                now_ns=_end(k),
                window_parts=99,
                hls_audience="open",
            )
        columns += rule.decide(rule.cadence.deadline_ns(k), there)
    return columns, done


@settings(max_examples=200)
@given(st.integers(0, 3), arrivals, acts)
def test_every_key_is_published_once_and_in_order(
    index: int, arrived: list[Arrived], pressed: dict[int, tuple[str, str, int]]
) -> None:
    columns, _ = _play(FIRST + index, arrived, pressed, set())

    for audience in ("open", "professional"):
        keys = [c.k for c in columns if c.audience == audience]
        assert keys == list(range(FIRST + index, FIRST + index + len(arrived)))
    assert all(set(c.tracks) == set(TRACKS) for c in columns)


@settings(max_examples=300)
@given(st.integers(0, 3), arrivals, acts)
def test_what_is_published_always_decodes_also_after_a_look_back(
    index: int, arrived: list[Arrived], pressed: dict[int, tuple[str, str, int]]
) -> None:
    """Real follows real, or begins with an IDR; slate j follows slate j − 1, or is part 0."""
    first = FIRST + index
    columns, done = _play(first, arrived, pressed, set())
    spans = [act.redacted for act in done if act.redacted]
    replaced: dict[int, int] = {}
    for i, span in enumerate(spans):
        replaced |= redaction(span, spans[:i], PARTS)

    shown = [[c for c in columns if c.audience == audience] for audience in _AUDIENCES]
    for read in (*shown, [c.for_hls() for c in shown[0]]):
        for track in VIDEO:
            was = -2
            for column in read:
                value = replaced.get(column.k, column.tracks[track])
                is_idr = arrived[column.k - first].tracks.get(track, False)
                if value == REAL:
                    assert was == REAL or is_idr
                else:
                    assert value in (0, was + 1)
                    assert value == 0 or column.k % PARTS != 0
                if column.k not in replaced:
                    is_independent = value == 0 or (value == REAL and is_idr)
                    assert (track in column.independent) == is_independent
                was = value


@settings(max_examples=200)
@given(arrivals, acts, st.sets(st.integers(1, 39), max_size=4))
def test_a_restarted_gate_decides_the_same(
    arrived: list[Arrived], pressed: dict[int, tuple[str, str, int]], restarts: set[int]
) -> None:
    assert _play(FIRST, arrived, pressed, restarts) == _play(FIRST, arrived, pressed, set())


@settings(max_examples=200)
@given(arrivals, acts)
def test_what_privacy_destroyed_is_never_published(
    arrived: list[Arrived], pressed: dict[int, tuple[str, str, int]]
) -> None:
    columns, done = _play(FIRST, arrived, pressed, set())

    for act in done:
        if act.act == "privacy":
            running = GRID.part_of(GRID.frame_at(act.at_ns))
            for column in columns:
                if act.k <= column.k <= running:
                    assert REAL not in column.tracks.values()
