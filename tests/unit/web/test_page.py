"""The viewer's page as it is served: its headers, its files, its title."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.guide import Guide
from orchestrator.rehearsal.demo import resolved
from orchestrator.timing.grid import Grid
from orchestrator.web.page import ViewerPage

ROOT = Path(__file__).parents[3]
HOSTILE = '"><script>alert(1)</script>'

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """The page of an event with a hostile title."""
    tree = LiveTree(tmp_path)
    day = json.loads(resolved(ROOT / "tests" / "e2e" / "events" / "long.yaml").to_json())
    day["title"] = {"en": HOSTILE}
    tree.snapshot.write_text(json.dumps(day))
    guide = Guide(tree, Grid.standard(30), lambda resolved, orders: ())
    guide.look(0)
    app = web.Application()
    app.add_routes(ViewerPage(guide).routes())
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_title_is_text_and_nothing_in_the_page_is_inline(client: Client) -> None:
    page = await (await client.get("/")).text()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


async def test_the_policy_allows_the_page_s_own_files_and_no_inline_code(client: Client) -> None:
    policy = (await client.get("/")).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


async def test_a_file_that_is_already_there_is_not_sent_again(client: Client) -> None:
    first = await client.get("/static/viewer.js")
    again = await client.get("/static/viewer.js", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status, first.content_type) == (200, "text/javascript")
    assert again.status == 304


async def test_nothing_but_the_page_s_files_is_served(client: Client) -> None:
    for name in ("page.py", "..%2fpage.py", "%2e%2e%2fpage.py", "hls.js"):
        assert (await client.get(f"/static/{name}")).status == 404, name


def test_no_script_of_the_page_makes_markup_from_text() -> None:
    for script in (ROOT / "orchestrator" / "web" / "static").glob("*.js"):
        words = script.read_text()
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", words
        )
