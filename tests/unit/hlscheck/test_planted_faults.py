"""The checker must be able to find something: every rule is shown a playlist that breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hlscheck import iframes, m3u8
from hlscheck.history import History, NotMergeable, merge
from hlscheck.media import Track, check_alignment
from hlscheck.rules import check_media, check_multivariant
from hlscheck.strict import hls_parser

from orchestrator.media.boxes import Sample, write_part

GOLDEN = Path(__file__).parents[2] / "golden" / "playlists"
GOOD = (GOLDEN / "media.m3u8").read_text()
TOP = (GOLDEN / "index.m3u8").read_text()

Edit = Callable[[str], str]


def _replace(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        changed = text.replace(old, new, 1)
        assert changed != text, old
        return changed

    return edit


def _delete(pattern: str) -> Edit:
    def edit(text: str) -> str:
        changed = re.sub(pattern + r".*\n", "", text, count=1)
        assert changed != text, pattern
        return changed

    return edit


def _rules(text: str) -> set[str]:
    return {finding.rule for finding in check_media("here", m3u8.parse_media(text))}


def test_the_good_playlist_has_no_findings() -> None:
    assert _rules(GOOD) == set()
    assert list(check_multivariant("top", m3u8.parse_multivariant(TOP))) == []


@pytest.mark.parametrize(
    ("rule", "edit"),
    [
        ("version", _replace("VERSION:10", "VERSION:3")),
        ("map", _delete("#EXT-X-MAP")),
        ("independent-segments", _delete("#EXT-X-INDEPENDENT")),
        ("extinf", _replace("TARGETDURATION:2", "TARGETDURATION:1")),
        ("extinf (7.7)", _replace("EXTINF:2.133333334", "EXTINF:2.6")),
        ("seamless", _replace("#EXTINF", "#EXT-X-GAP\n#EXTINF")),
        ("seamless", _replace("#EXTINF", "#EXT-X-DISCONTINUITY\n#EXTINF")),
        ("can-block-reload", _replace("CAN-BLOCK-RELOAD=YES,", "")),
        ("hold-back", _replace(",HOLD-BACK=6.4", ",HOLD-BACK=5")),
        ("can-skip-until", _replace("CAN-SKIP-UNTIL=12", "CAN-SKIP-UNTIL=8")),
        ("can-skip-dateranges", _replace("CAN-SKIP-UNTIL=12,", "")),
        ("part-inf", _delete("#EXT-X-PART-INF")),
        ("part-hold-back", _replace(",PART-HOLD-BACK=1.600002", "")),
        ("part-hold-back (14.3)", _replace("PART-HOLD-BACK=1.600002", "PART-HOLD-BACK=1.2")),
        ("part-target", _replace("DURATION=0.533334", "DURATION=0.57")),
        ("part-85", _replace('0.533334,URI="841637005.1', '0.4,URI="841637005.1')),
        ("parts-sum", _replace('0.533334,URI="841637005.1', '0.5,URI="841637005.1')),
        ("part-removal", _replace(
            "#EXTINF:2.133333334,\n841637003",
            '#EXT-X-PART:DURATION=0.533334,URI="841637003.0.m4s"\n#EXTINF:2.133333334,\n841637003',
        )),
        ("date (8.4)", _delete("#EXT-X-PROGRAM-DATE-TIME")),
        ("date", _replace("03:51:10.933Z", "03:51:11.933Z")),
        ("daterange", _replace('END-DATE="2026-11-24T03:51:08', 'END-DATE="2026-11-24T03:51:01')),
        ("hint", _delete("#EXT-X-PRELOAD-HINT")),
        ("hint", _replace('PART,URI="841637007.2', 'PART,URI="841637007.1')),
        ("hint", lambda text: text + "#EXT-X-ENDLIST\n"),
        ("length (8.11)", _delete("#EXTINF:2.133333334,\n841637000")),
    ],
)  # fmt: skip
def test_a_fault_in_one_playlist_is_found(rule: str, edit: Edit) -> None:
    if rule == "length (8.11)":
        text = re.sub(r"#EXTINF:2.133333334,\n84163700[01].m4s\n", "", GOOD)
    else:
        text = edit(GOOD)

    assert rule in _rules(text)


def _next(text: str) -> str:
    """The playlist one part later."""
    part = '#EXT-X-PART:DURATION=0.533334,URI="841637007.2.m4s"\n#EXT-X-PRELOAD-HINT'
    later = text.replace("#EXT-X-PRELOAD-HINT", part)
    later = later.replace('PART,URI="841637007.2', 'PART,URI="841637007.3')
    return later.replace("LAST-PART=1", "LAST-PART=2")


def _change_rules(before: str, after: str) -> set[str]:
    history = History("here")
    assert list(history.add(m3u8.parse_media(before))) == []
    return {finding.rule for finding in history.add(m3u8.parse_media(after))}


def test_the_next_part_is_no_finding() -> None:
    assert _change_rules(GOOD, _next(GOOD)) == set()


@pytest.mark.parametrize(
    ("rule", "edit"),
    [
        ("constant", _replace("PART-TARGET=0.533334", "PART-TARGET=0.6")),
        ("constant", _replace('URI="init.mp4"', 'URI="init2.mp4"')),
        ("msn", _replace("MEDIA-SEQUENCE:841637000", "MEDIA-SEQUENCE:841636999")),
        ("msn", _replace("MEDIA-SEQUENCE:841637000", "MEDIA-SEQUENCE:841637020")),
        ("immutable", _replace("\n841637003.m4s", "\n841637003.r1.m4s")),
        ("immutable", _replace('URI="841637006.1.m4s"', 'URI="841637006.1.r1.m4s"')),
        ("immutable", _replace("03:51:13.066Z", "03:51:13.067Z")),
        ("hint", _replace('URI="841637007.2.m4s"', 'URI="841637007.2.r1.m4s"')),
        ("daterange", _replace("Round table", "Square table")),
        ("msn", lambda text: text.replace(
            '#EXT-X-PART:DURATION=0.533334,URI="841637007.2.m4s"\n', "").replace(
            '#EXT-X-PART:DURATION=0.533334,URI="841637007.1.m4s"\n', "")),
    ],
)  # fmt: skip
def test_a_fault_between_two_playlists_is_found(rule: str, edit: Edit) -> None:
    assert rule in _change_rules(GOOD, edit(_next(GOOD)))


def test_a_playlist_that_ended_must_not_change() -> None:
    ended = (GOLDEN / "ended.m3u8").read_text()

    assert "endlist" in _change_rules(ended, ended.replace("Round", "Square"))


def test_a_delta_update_merges_with_what_was_known_and_only_with_that() -> None:
    delta = m3u8.parse_media((GOLDEN / "delta.m3u8").read_text())
    whole = m3u8.parse_media(GOOD)

    assert [segment.msn for segment in merge(delta, whole)] == list(range(841637000, 841637010))
    whole.segments = whole.segments[1:]
    with pytest.raises(NotMergeable):
        merge(delta, whole)


@pytest.mark.parametrize("name", ["AVERAGE-BANDWIDTH=1328000,", "RESOLUTION=854x480,"])
def test_a_variant_that_lacks_something_is_found(name: str) -> None:
    text = _replace(name, "")(TOP)

    assert {f.rule for f in check_multivariant("top", m3u8.parse_multivariant(text))} == {"variant"}


@pytest.mark.parametrize(
    "edit",
    [
        _replace(
            'mp4a.40.2",AUDIO="sound",CLOSED-CAPTIONS=NONE\na/live',
            'mp4a.40.2",AUDIO="sound",CLOSED-CAPTIONS=NONE\nelsewhere/live',
        ),
        _replace('CODECS="mp4a.40.2"', 'FRAME-RATE=30.000,CODECS="mp4a.40.2"'),
    ],
)
def test_a_sound_only_variant_that_is_none_is_found(edit: Edit) -> None:
    changed = m3u8.parse_multivariant(edit(TOP))

    assert {f.rule for f in check_multivariant("top", changed)} == {"sound-only"}


@pytest.mark.parametrize(
    "edit",
    [
        _delete("#EXT-X-I-FRAMES-ONLY"),
        _delete("#EXT-X-MAP"),
        _replace("28112@0", "28112"),
        _replace("EXTINF:2.133333334", "EXTINF:1.6"),
        _replace("841637001.m4s", "841637001.r7.m4s"),
        _delete("#EXT-X-PROGRAM-DATE-TIME:2026-11-24T03:51:08"),
    ],
)
def test_a_fault_in_an_iframe_playlist_is_found(edit: Edit) -> None:
    good = (GOLDEN / "iframes.m3u8").read_text()
    media = m3u8.parse_media(GOOD)

    assert list(iframes.check_playlist("here", m3u8.parse_media(good), media)) == []
    assert list(iframes.check_playlist("here", m3u8.parse_media(edit(good)), media))


def test_a_range_that_does_not_end_with_an_idr_is_found() -> None:
    idr, rest = Sample(b"i" * 900, 3000, True), Sample(b"p" * 50, 3000, False)
    whole = write_part(1, 1, 0, [idr, rest])

    def found(part: bytes, length: int) -> int:
        segment = m3u8.Segment(1, uri="1.m4s", duration=2.0, byterange=(length, 0))
        return len(list(iframes.check_range("here", segment, part[:length], part, 5_000)))

    assert found(whole, len(whole) - 50) == 0
    assert found(whole, len(whole)) == 1
    assert found(whole, len(whole) - 51) == 1
    assert found(write_part(1, 1, 0, [rest, idr]), len(whole) - 900) == 1
    assert found(write_part(1, 1, 0, [Sample(b"i" * 2000, 3000, True)]), 2000 + 120) > 0


@pytest.mark.parametrize(
    "edit",
    [
        _replace("DURATION=0.533334", "DURATION=0.57"),
        _replace("TARGETDURATION:2", "TARGETDURATION:1"),
        _delete("#EXT-X-PRELOAD-HINT"),
    ],
)
def test_hls_parser_finds_faults_too_and_likes_the_good_ones(edit: Edit) -> None:
    stills = (GOLDEN / "iframes.m3u8").read_text()
    good = [
        GOOD,
        TOP,
        stills,
        (GOLDEN / "ended.m3u8").read_text(),
        (GOLDEN / "delta.m3u8").read_text(),
    ]

    assert hls_parser(good) == []
    assert hls_parser([edit(GOOD)]) != []


def test_renditions_that_begin_apart_are_found() -> None:
    tracks = {}
    for name, start in (("a", 10.0), ("b", 10.1)):
        track = object.__new__(Track)
        track.starts = {1: start}
        tracks[name] = track

    assert [finding.rule for finding in check_alignment(tracks)] == ["alignment"]
