"""Glyphs no font has, broken templates, clips too short or not there: said, and never on air."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from harness import badmaterial
from harness.run import ROOT, Run, Sites, until
from harness.watch import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

CACHE = ROOT / "build" / "rehearsal"
OSLO, QUITO = 1, 2
SENTENCES = (
    "people › ghost: no font on this machine has \U000f1234 (U+F1234",
    "message: no font on this machine has \U000f1234 (U+F1234), so it is left out",
    "graphic torn cannot be drawn: torn.svg:",
    "graphic misspelt cannot be drawn: misspelt.svg: 'surgoen' is undefined",
    "graphic raising cannot be drawn: raising.svg: division by zero",
    "graphic refused cannot be drawn: refused.svg: ",
    "clip short is 4s long and its slot needs 10s",
)


def orchestrator(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orchestrator", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )


def test_check_and_doctor_say_all_of_it_and_run_refuses_what_is_not_there(tmp_path: Path) -> None:
    event = badmaterial.write(tmp_path, gone=True)

    checked = orchestrator("check", str(event))
    strict = orchestrator("check", "--strict", str(event))
    looked = orchestrator("doctor", str(event), "--state", str(tmp_path / "state"))
    refused = orchestrator("run", str(event), "--state", str(tmp_path / "state"), "--start", "now")

    for sentence in SENTENCES:
        assert sentence in checked.stdout
        assert sentence in looked.stdout
    assert "clips › gone: there is no file clips/gone.mp4 here." in checked.stdout
    assert "there is no file clips/gone.mp4 here." in looked.stdout
    assert (checked.returncode, strict.returncode, refused.returncode) == (0, 1, 2)
    assert "there is no file clips/gone.mp4 here." in refused.stdout + refused.stderr


def test_what_cannot_be_drawn_is_told_on_the_status_page_and_is_never_on_air(
    tmp_path: Path,
) -> None:
    event = badmaterial.write(tmp_path)
    sites = Sites(event, tmp_path, CACHE)
    with (
        sites.pushers,
        Run(event, tmp_path, sites.environment, "--start", "now") as run,
        Watch(run.public, run.grid(), ["180p", "a"]) as watch,
    ):
        start = {slot.id: slot.start_n for slot in run.day().slots}
        for sentence in SENTENCES:  # the programme's own come first, then those of the examination
            until(f"told: {sentence}", lambda said=sentence: told(run, said), 20)
        page = run.told("status")[1].decode()
        assert "clip short is 4s long and its slot needs 10s" in page

        watch.wait_for(start["film"] + 9 * 30, timeout_s=60)
        shown = watch.pictures("180p", start["one"] + 4 * 30, start["one"] + 7 * 30)
        assert shown
        for picture in shown:
            assert picture.strip() is not None
            for y, _ in badmaterial.TEMPLATES.values():
                bar = picture.luma[(y + 16) // 4 : (y + 44) // 4, 100:220]
                assert bar.mean() < 200, f"frame {picture.n} shows what cannot be drawn"
        notes = [record["use"] for record in run.asrun() if record["event"] == "graphic"]
        assert set(notes) >= set(badmaterial.TEMPLATES)
        facts = run.facts("programme")["graphics"]
        assert facts["broken"] >= 5
        assert any("lower-third" in problem for problem in facts["problems"])

        film = watch.pictures("180p", start["film"] + 6 * 30, start["film"] + 8 * 30)
        strips = [picture.strip() for picture in film]
        assert {strip.site if strip else None for strip in strips} == {QUITO}
        assert not watch.tracks["180p"].errors
        assert not any(watch.holes().values())


def told(run: Run, sentence: str) -> bool:
    status = json.loads(run.told("api/v1/status")[1])
    return any(sentence in warning for warning in status["warnings"])
