"""The dashboard's pages and files: for those who are in, with nothing inline, and small."""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from controlport import Port
from smallevent import GRID

from orchestrator.control.roles import Role
from orchestrator.web import deskfiles

V1 = "/api/v1"
PAGES = ("/", "/wall", "/sheet", "/site?site=london", "/restore", "/admin", "/guest?person=x")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_nothing_inline_and_its_files_are_there(port: Port, path: str) -> None:
    told = await port.ask("GET", path, role=Role.ADMIN)

    assert told.status == 200
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|<style", told.text)
    assert "unsafe" not in told.headers["Content-Security-Policy"]
    for name in re.findall(r'(?:src|href)="(/static/desk/[^"]+)"', told.text):
        assert (await port.ask("GET", name, role=Role.VIEWER)).status == 200, name


async def test_every_module_that_is_imported_is_served(port: Port) -> None:
    folder = Path(deskfiles.__file__).parent / "static" / "desk"
    for script in folder.glob("*.js"):
        for name in re.findall(r'(?:from|import\() ?"\./([\w.-]+)"', script.read_text()):
            told = await port.ask("GET", f"/static/desk/{name}", role=Role.VIEWER)
            assert told.status == 200, f"{script.name} imports {name}"


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_asks_for_one_script_and_for_each_file_once_and_for_all(
    port: Port, path: str
) -> None:
    text = (await port.ask("GET", path, role=Role.ADMIN)).text
    assert len(re.findall(r"<script", text)) == 1
    assert "modulepreload" not in text
    for name in re.findall(r'(?:src|href|data-player)="(/static/desk/[^"]+)"', text):
        told = await port.ask("GET", name, role=Role.VIEWER)
        assert "immutable" in told.headers["Cache-Control"], name
        digest = hashlib.sha256(told.text.encode()).hexdigest()
        assert re.search(r"-([0-9a-f]{16})\.\w+$", name)[1] == digest[:16], name  # type: ignore[index]
        again = await port.ask("GET", name, role=Role.VIEWER, If_None_Match=told.headers["Etag"])
        assert again.status == 304


async def test_a_module_by_its_own_name_is_asked_for_anew(port: Port) -> None:
    told = await port.ask("GET", "/static/desk/dom.js", role=Role.VIEWER)
    assert told.headers["Cache-Control"] == "no-cache"
    assert told.text.startswith("// ")


async def test_the_desk_does_not_carry_what_only_administrators_open(port: Port) -> None:
    text = (await port.ask("GET", "/", role=Role.ADMIN)).text
    assert "/static/desk/admin" not in text

    script = re.search(r'<script type="module" src="([^"]+)"', text)
    assert script
    modules = (await port.ask("GET", script[1], role=Role.ADMIN)).text
    assert "// main.js" in modules
    assert "// admin" not in modules


async def test_the_desk_brings_along_who_asks_and_what_they_may_say(port: Port) -> None:
    told = await port.ask("GET", "/", role=Role.OPERATOR)
    found = re.search(r'<meta name="begin" content="([^"]+)">', told.text)
    assert found
    begin = json.loads(html.unescape(found[1]))

    assert begin["me"] == (await port.ask("GET", f"{V1}/me", role=Role.OPERATOR)).body
    assert begin["words"] == (await port.ask("GET", f"{V1}/words", role=Role.OPERATOR)).body


async def test_the_desk_brings_along_what_is_on_now(port: Port) -> None:
    async def brought() -> dict[str, Any]:
        told = await port.ask("GET", "/", role=Role.OPERATOR)
        found = re.search(r'<meta name="begin" content="([^"]+)">', told.text)
        assert found
        return dict(json.loads(html.unescape(found[1]))["desk"])

    before = await brought()
    assert before == (await port.ask("GET", f"{V1}/desk", role=Role.OPERATOR)).body
    port.place.clock.advance(60)
    assert (await brought())["clock"]["n"] - before["clock"]["n"] == 60 * GRID.fps


async def test_what_people_wrote_stays_text_in_the_page(port: Port) -> None:
    hostile = '"></head><script>alert(1)</script>'
    said = {"args": {"site": "london", "text": hostile}}
    sent = await port.ask("POST", f"{V1}/commands/message", role=Role.OPERATOR, json_body=said)
    assert sent.status == 200, sent.text
    port.place.clock.advance(1)

    told = await port.ask("GET", "/", role=Role.OPERATOR)

    assert "alert(1)" in told.text
    assert "<script>alert" not in told.text


def test_no_script_writes_markup_from_data() -> None:
    folder = Path(deskfiles.__file__).parent / "static" / "desk"
    for script in folder.glob("*.js"):
        text = script.read_text()
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in text, f"{script.name} uses {word}"


async def test_the_page_may_load_the_public_stream_from_the_public_port_alone(port: Port) -> None:
    running = port.console.state.root / "running.json"
    running.write_text(json.dumps({"public": "http://0.0.0.0:8080/"}))

    told = await port.ask("GET", "/", role=Role.OPERATOR)

    host = port.server.host
    assert f'data-public="http://{host}:8080/"' in told.text
    assert f"connect-src 'self' http://{host}:8080;" in told.headers["Content-Security-Policy"]


async def test_the_scripts_and_looks_are_small(port: Port) -> None:
    folder = Path(deskfiles.__file__).parent / "static" / "desk"
    packed = sum(len(gzip.compress(path.read_bytes())) for path in folder.iterdir())
    assert packed < 100_000
    told = await port.ask("GET", "/static/desk/main.js", role=Role.VIEWER)
    assert told.headers["Content-Type"].startswith("text/javascript")
    assert "etag" in {name.lower() for name in told.headers}


async def test_a_name_that_is_no_file_of_ours_is_not_found(port: Port) -> None:
    for name in ("nothing.js", "..%2f..%2fprivate.py", "desk.html"):
        assert (await port.ask("GET", f"/static/desk/{name}", role=Role.ADMIN)).status == 404


async def test_a_site_sees_itself_alone(port: Port) -> None:
    told = await port.ask("GET", f"{V1}/site", role=Role.SITE)
    assert told.body["site"]["id"] == "london"
    assert "studio" not in told.text

    other = await port.ask("GET", f"{V1}/site?site=studio", role=Role.SITE)
    assert (other.status, other.body["detail"]) == (403, "a site sees itself alone")
    assert (await port.ask("GET", "/site?site=studio", role=Role.SITE)).status == 403
    for path in ("/", "/wall", "/sheet", "/status", f"{V1}/desk"):
        assert (await port.ask("GET", path, role=Role.SITE)).status == 403, path


async def test_the_desk_may_look_at_a_sites_page(port: Port) -> None:
    told = await port.ask("GET", f"{V1}/site?site=studio", role=Role.OPERATOR)
    assert told.body["site"]["id"] == "studio"
    missing = await port.ask("GET", f"{V1}/site?site=atlantis", role=Role.OPERATOR)
    assert (missing.status, missing.body["code"]) == (404, "unknown-site")
