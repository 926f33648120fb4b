"""The sign-in page in Chromium: the first link, a password, a site's link, and where to then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from controlport import PASSWORD, Port, serving, small_place
from players.viewer import CHROMIUM
from playwright.sync_api import Page, sync_playwright

from orchestrator.control.accounts import Kind
from orchestrator.control.roles import Role

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Port]:
    with serving(small_place(tmp_path_factory.mktemp("signin"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What the browser complained about: scripts and styles that the policy forbids, too."""
    return []


@pytest.fixture
def page(said: list[str]) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page
        browser.close()


def fill(page: Page, name: str, password: str) -> None:
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("#go")


def test_the_first_link_makes_an_administrator_who_signs_out_and_in_again(
    port: Port, page: Page, said: list[str]
) -> None:
    token = port.console.accounts.first_link(port.now_s)
    page.goto(f"{port.url}/sign-in#{token}")
    page.wait_for_selector("text=The first administrator")
    fill(page, "ana", "short")
    page.wait_for_selector("#said:has-text('10 to 200 characters')")

    fill(page, "ana", PASSWORD)

    page.wait_for_url(f"{port.url}/")
    assert token not in page.url
    assert page.get_attribute("meta[name=csrf]", "content")
    assert page.evaluate("document.cookie") == ""  # no script can read the session
    page.context.clear_cookies()
    page.goto(port.url)
    page.wait_for_url(f"{port.url}/sign-in")
    fill(page, "ana", "another password")
    page.wait_for_selector("#said:has-text('do not belong together')")
    fill(page, "ana", PASSWORD)
    page.wait_for_url(f"{port.url}/")
    assert not [line for line in said if "Content Security Policy" in line]


@pytest.mark.parametrize(
    "where", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(port: Port, page: Page, where: str) -> None:
    port.add("tom", Role.VIEWER)
    page.goto(f"{port.url}/sign-in")
    page.goto(f"{port.url}/sign-in?next={where}")

    fill(page, "tom", PASSWORD)

    page.wait_for_url(f"{port.url}/")


def test_a_sites_link_opens_the_page_of_its_site(port: Port, page: Page) -> None:
    token = port.console.accounts.mint(Kind.SITE, "phone", Role.SITE, port.now_s + 3600, "london")

    page.goto(f"{port.url}/sign-in?next=/site#{token}")

    page.wait_for_url(f"{port.url}/site")
    me = page.evaluate("fetch('/api/v1/me').then((answer) => answer.json())")
    assert (me["name"], me["role"], me["site"]) == ("phone", "site", "london")
    assert page.evaluate("fetch('/api/v1/desk').then((answer) => answer.status)") == 403
