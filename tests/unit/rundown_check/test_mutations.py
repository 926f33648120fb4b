"""A file with anything wrong in it gives sentences and an exit code, never a traceback."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from orchestrator.verbs import check

GOLDEN = Path(__file__).parents[2] / "golden" / "check"
TEXTS = [(GOLDEN / name).read_text() for name in ("twelve.yaml", "small.yaml")]
PIECES = [
    *("", "~", "0", "-1", "[]", "{}", "[", "}", ":", "- ", "&a ", "*a", "<<: ", "|", '"', "'"),
    *("99h", "25:00", "02:30", "off", "event", "ask", "mumbai", "\t", "\n", "#", "é", "\x1b[2J"),
    *("{after: last}", "{at: 12:00, slip: 1h}", "like: talk", "clip.film", ".guest", "hide"),
]
APP = typer.Typer()
check.register(APP)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 12)))
        text = text[:begin] + draw(st.sampled_from(PIECES)) + text[end:]
    return text


@settings(max_examples=100, deadline=None)
@given(mutated(), st.sampled_from(["", "--csv", "--html", "--ics", "--expanded"]))
def test_a_mutated_file_never_ends_in_a_traceback(text: str, form: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "event.yaml"
        path.write_text(text)

        result = CliRunner().invoke(APP, [str(path), *([form] if form else [])])

    assert result.exception is None or isinstance(result.exception, SystemExit), text
    assert result.exit_code in (0, 2)
    assert result.output
