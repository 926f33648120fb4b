"""A hundred and more damaged rundowns: always sentences with a place, never a traceback."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.rundown.load import load
from orchestrator.rundown.problem import Severity

EXAMPLE = Path(__file__).parents[3] / "schedules" / "holographic-24h.yaml"
LINES = EXAMPLE.read_text(encoding="utf-8").split("\n")
SCALAR = re.compile(r"(?<=[ \[{,])[\w.:+-]+(?=[ ,}\]]|$)")
ODD = st.sampled_from(
    [
        *("", "~", "no", "0:40", "13:30", "08", "1_000", "-1", "null", "{}", "[]", "[a]", "{a: b}"),
        *("*or", "&x y", "<<", "!!str x", "%", "@x", "'", '"', "- -", "a: b: c", "? x", "\t", "#"),
        *("event", "slate.site", ".guest", "clip.", ".", "..", "hide", "studio.", "+", "1e9s"),
        *("9999999999h", "2026-02-30 12:00", "25:00", "08:00 mars", "env:", "é", "\U0001f600", "|"),
    ]
) | st.text(max_size=8)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """The example with one to three lines deleted, doubled, moved, cut or altered."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(
            st.sampled_from(["delete", "double", "move", "cut", "indent", "scalar", "swap"])
        ):
            case "delete":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "move":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
            case "cut":
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
            case "indent":
                lines[at] = " " * draw(st.integers(1, 3)) + lines[at]
            case "scalar":
                found = list(SCALAR.finditer(lines[at]))
                if found:
                    one = draw(st.sampled_from(found))
                    lines[at] = lines[at][: one.start()] + draw(ODD) + lines[at][one.end() :]
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


def check(path: Path) -> None:
    loaded = load(path, environ={})
    for problem in loaded.problems:
        assert problem.mark.file == str(path)
        assert problem.mark.line >= 1
        assert problem.message.strip()
    is_wrong = any(problem.severity is Severity.ERROR for problem in loaded.problems)
    assert (loaded.plan is None) == is_wrong


@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(text=damaged())
def test_a_damaged_rundown_gives_sentences_with_places_and_never_a_traceback(
    folder: Path, text: str
) -> None:
    path = folder / "damaged.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    check(path)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(raw=st.binary(max_size=200) | st.text(alphabet="ab:-{}[]&*!|>'\"%@`#,? \n\t~<", max_size=60))
def test_any_bytes_at_all_give_sentences_with_places(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes | str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    check(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "just words",
        "a: &x [*x]",
        "[" * 1000,
        "%YAML 3.0\n---\na: 1",
        "a: 1\n---\nb: 2",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nx-y: [*c, *c]",
        "&a [" + "*a, " * 3 + "*a]",
        "? [a, b]\n: c",
        "rundown: {a: b}",
        "version: 1\nkinds: {a: {like: b}, b: {like: a}}",
        "version: 1\nkinds: {a: {like: a}}",
        "<<: 3",
        "version: 1\ninclude: [damaged.yaml, ., /, nowhere.yaml, {a: b}, ~]",
        "version: 2",
        "a: !!python/object:os.system x",
    ],
)
def test_strange_files_give_sentences_with_places(tmp_path: Path, text: str) -> None:
    path = tmp_path / "damaged.yaml"
    path.write_text(text)
    check(path)


def test_a_file_of_doubling_aliases_is_refused_at_once(tmp_path: Path) -> None:
    levels = ["x-0: &a0 [a, a]"] + [f"x-{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]
    path = tmp_path / "laughs.yaml"
    path.write_text("\n".join(levels))

    loaded = load(path)

    assert [p.message for p in loaded.problems] == [
        "its aliases make it far too large; this is no rundown."
    ]


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    loaded = load(tmp_path / "nowhere.yaml")
    assert loaded.plan is None
    assert [p.text() for p in loaded.problems] == [
        f"{tmp_path}/nowhere.yaml:1  cannot read it: No such file or directory."
    ]


def test_a_folder_is_one_sentence(tmp_path: Path) -> None:
    assert [p.message for p in load(tmp_path).problems] == ["cannot read it: Is a directory."]


def test_a_file_that_is_not_utf_8_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("version: 1\nevent: {title: Événement}\n".encode("latin-1"))
    (problem,) = load(path).problems
    assert (problem.mark.line, problem.message) == (2, "this line is not UTF-8.")
