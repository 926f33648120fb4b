"""Patching a file in place: texts that read back, and edits that keep their hands off the rest."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from orchestrator.rundown.spans import CannotPatch, Document, Edit, applied, entry, scalar


@example(":", None)
@example("&T", None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from([None, "'", '"']),
)
def test_whatever_is_written_reads_back_as_that_text(text: str, style: str | None) -> None:
    written = scalar(text, style)

    for around in ("{{k: {}}}", "[{}, {}]", "k: {}\nl: x\n"):
        root = YAML(typ="safe", pure=True).compose(around.format(written, written))
        leaf = root.value[0][1] if around[0] != "[" else root.value[0]
        assert leaf.value == text
        assert leaf.tag.endswith(":str") or leaf.style is None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("The first of two", "The first of two"),
        ("18:30", "18:30"),
        ("Knee: again", '"Knee: again"'),
        ("a, b", '"a, b"'),
        ('Say "yes"', 'Say "yes"'),
        ('Say: "yes"', "'Say: \"yes\"'"),
        ("~", '"~"'),
        ("off", '"off"'),
        ("", '""'),
        (" x", '" x"'),
        ("#1", '"#1"'),
        ("a\nb", '"a\\U0000000Ab"'),
    ],
)
def test_quotes_are_used_only_where_they_are_needed(text: str, written: str) -> None:
    assert scalar(text) == written


def test_edits_at_one_place_keep_their_order_and_overlaps_are_a_bug() -> None:
    assert applied("ab", [Edit(1, 1, "1"), Edit(1, 1, "2"), Edit(0, 1, "x")]) == "x12b"
    with pytest.raises(ValueError, match="two edits"):
        applied("abc", [Edit(0, 2, ""), Edit(1, 3, "")])


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("k: {}", "k: {n: v}"),
        ("k: {a: 1}", "k: {a: 1, n: v}"),
        ("k: { a: 1, }  # x", "k: { a: 1, n: v, }  # x"),
        (
            "k:\n  a: 1  # x\n  b:\n    c: 2\nd: 3\n",
            "k:\n  a: 1  # x\n  n: v\n  b:\n    c: 2\nd: 3\n",
        ),
        ("k:\n  b:\n    c: 2\n", "k:\n  n: v\n  b:\n    c: 2\n"),
        ("k:\n  a: 1", "k:\n  a: 1\n  n: v"),
        ("k:\n  a: |\n    two\n    lines\n", "k:\n  n: v\n  a: |\n    two\n    lines\n"),
    ],
)
def test_a_new_field_is_written_as_its_neighbours_are(text: str, after: str) -> None:
    document = Document(text)
    mapping = entry(document.root, "k")

    assert applied(text, [document.added(mapping, "n", "v")]) == after  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "why"), [("a:\nb: 1\n", "empty"), ("a: |\n  x\n", "several lines")]
)
def test_a_value_without_a_span_of_its_own_is_left_alone(text: str, why: str) -> None:
    document = Document(text)
    node = entry(document.root, "a")
    assert node is not None

    with pytest.raises(CannotPatch, match=why):
        document.replaced(node, "1")


def test_what_is_no_yaml_cannot_be_patched() -> None:
    with pytest.raises(CannotPatch, match="not YAML"):
        Document("a: [")
