"""Administration in Chromium: one administrator's afternoon, from the first person to the audit;
and a guest's own page, whose link was made there.

The control port runs in a thread of this process, over a small event: nothing of it needs a running
programme.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from controlport import PASSWORD, Port, serving, small_place
from harness.desk import SHOTS, axe, chromium
from playwright.sync_api import Browser, BrowserContext, Page, expect
from smallevent import GUESTS_EVENT

from orchestrator.control.roles import Role
from orchestrator.timing import NS

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

HOSTILE = "<img src=x onerror=window.hacked=1>"
TABS = ("People", "Tokens & links", "Sessions", "Rundown versions", "Machine", "Audit")
SIZES = {"": (1280, 720), "-tablet": (1024, 768), "-upright": (768, 1024)}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Port]:
    with serving(small_place(tmp_path_factory.mktemp("admin"), GUESTS_EVENT)) as opened:
        opened.add("ana", Role.ADMIN)
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream") as opened:
        yield opened


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What the browser complained about: scripts and styles that the policy forbids, too."""
    return []


@pytest.fixture(scope="module")
def context(browser: Browser, port: Port) -> Iterator[BrowserContext]:
    width, height = SIZES[""]
    made = browser.new_context(base_url=port.url, viewport={"width": width, "height": height})
    yield made
    made.close()


@pytest.fixture(scope="module")
def ana(context: BrowserContext, said: list[str]) -> Page:
    """An administrator who has come by the sign-in page."""
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda line: said.append(line.text) if "Policy" in line.text else None)
    page.goto("/sign-in?next=/admin")
    page.fill("#name", "ana")
    page.fill("#password", PASSWORD)
    page.click("#go")
    expect(page.locator("[data-person=ana]")).to_contain_text("you")
    return page


def pass_time(port: Port) -> None:
    """The clock of this event stands; a page may report a stage once a second."""
    port.place.clock.set(port.place.clock.now_ns() + 2 * NS)


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tabpanel", name=name)).to_be_visible()


def shown_once(page: Page) -> str:
    """The secret of the open dialog, which is closed then."""
    text = page.locator("#secret").input_value()
    page.get_by_role("button", name="I have it").click()
    expect(page.locator("dialog")).to_have_count(0)
    assert text not in page.content()
    return text


def test_somebody_is_added_by_a_link_and_signs_in_with_a_password_of_their_own(
    port: Port, browser: Browser, ana: Page
) -> None:
    ana.get_by_role("button", name="Add somebody").press("Enter")
    ana.keyboard.type("kim")
    ana.keyboard.press("Enter")
    link = shown_once(ana)
    expect(ana.locator("[data-person=kim]")).to_contain_text("not chosen yet")

    other = browser.new_context(base_url=port.url, user_agent=f"Chrome {HOSTILE}")
    kim = other.new_page()
    kim.goto(link)
    expect(kim.locator("#name")).to_have_value("kim")
    kim.fill("#password", PASSWORD)
    kim.click("#go")
    kim.wait_for_url(f"{port.url}/")
    assert other.request.get("/api/v1/me").json()["role"] == "operator"
    assert other.request.get("/api/v1/admin/access").status == 403
    expect(kim.locator("#nav")).to_contain_text("kim · operator")
    expect(kim.locator("#nav a")).to_have_count(0)

    tab(ana, "Sessions")
    session = ana.locator("[data-session=kim]")
    expect(session).to_contain_text("Chrome")
    session.get_by_role("button", name="End").click()
    expect(session).to_have_count(0)
    assert other.request.get("/api/v1/me").status == 401
    other.close()


def test_a_token_acts_until_it_is_revoked(port: Port, browser: Browser, ana: Page) -> None:
    tab(ana, "Tokens & links")
    ana.locator("#add-token").click()
    ana.get_by_label("name, as it will").fill("box")
    ana.locator("dialog [name=role]").select_option("operator")
    ana.get_by_role("button", name="Make it").click()
    token = shown_once(ana)
    program = browser.new_context(
        base_url=port.url, extra_http_headers={"Authorization": f"Bearer {token}"}
    )
    assert program.request.get("/api/v1/me").json()["role"] == "operator"

    ana.get_by_role("button", name="Revoke box").click()
    ana.get_by_role("button", name="Revoke", exact=True).click()
    expect(ana.locator("[data-token=box]")).to_have_count(0)
    assert program.request.get("/api/v1/me").status == 401
    program.close()

    ana.locator("[data-site=london]").get_by_role("button").click()
    ana.get_by_role("button", name="Make it").click()
    assert shown_once(ana).startswith(f"{port.url}/site#orch_site_")


def test_a_guest_opens_the_link_is_heard_and_waits(port: Port, browser: Browser, ana: Page) -> None:
    tab(ana, "Tokens & links")
    row = ana.locator("[data-guest=tess]")
    row.get_by_role("button", name="New link").click()
    ana.get_by_role("button", name="Make it").click()
    link = shown_once(ana)
    phone = browser.new_context(viewport={"width": 390, "height": 844})
    phone.grant_permissions(["microphone"])  # the browser's own beeps once a second
    page = phone.new_page()
    page.goto(link)
    expect(page.locator("h1")).to_have_text("Tess Rao")
    assert link.partition("#")[2] not in page.url
    expect(page.locator(".guest-steps .done")).to_have_text("✓ página abierta")
    expect(row).to_contain_text("has opened the page")

    pass_time(port)
    page.get_by_role("button", name="PROBAR EL MICRÓFONO").click()
    expect(page.get_by_text("Se le oye en este aparato")).to_be_visible()
    expect(row).to_contain_text("microphone heard")
    pass_time(port)
    page.get_by_role("button", name="ESTOY AQUÍ Y ESPERO").click()
    expect(page.get_by_role("button", name="ESPERANDO")).to_have_attribute("aria-pressed", "true")
    expect(row).to_contain_text("waiting")
    shot(page, "guest")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert phone.request.get(f"{port.url}/api/v1/desk").status == 403
    phone.close()


def test_the_last_administrator_is_told_why_not(ana: Page) -> None:
    tab(ana, "People")
    ana.get_by_role("button", name="Remove ana").click()
    ana.get_by_role("button", name="Remove", exact=True).click()

    expect(ana.get_by_role("alert")).to_contain_text("let another administrator do it")

    ana.keyboard.press("Escape")
    expect(ana.locator("dialog")).to_have_count(0)
    expect(ana.get_by_role("button", name="Remove ana")).to_be_focused()
    ana.get_by_role("button", name="Role ana").click()
    ana.locator("dialog [name=role]").select_option("viewer")
    ana.get_by_role("button", name="Change the role").click()
    expect(ana.get_by_role("alert")).to_contain_text("your own role")
    ana.keyboard.press("Escape")


def test_the_audit_tells_what_was_done_by_whom(ana: Page) -> None:
    tab(ana, "People")
    ana.get_by_role("tab", name="People").press("ArrowLeft")
    audit = ana.get_by_role("tabpanel", name="Audit")
    for what, name in (
        ("user added", "kim"),
        ("invitation accepted", "kim"),
        ("session ended", "kim"),
        ("token revoked", "box"),
    ):
        expect(audit.locator("tr", has_text=what).first).to_contain_text(name)
    ana.get_by_label("Filter").fill("revoked")
    expect(audit.locator("tbody tr")).to_have_count(1)
    ana.get_by_label("Filter").fill("")


def test_every_tab_is_usable_by_everybody_and_looked_at(
    port: Port, ana: Page, said: list[str]
) -> None:
    for i, (name, role) in enumerate({"mei": Role.PRODUCER, "ravi": Role.SAFETY}.items()):
        port.add(name, role, f"{PASSWORD}{i}")
    for name in TABS:
        tab(ana, name)
        expect(ana.get_by_role("tabpanel", name=name)).not_to_contain_text("Waiting")
        for suffix, (width, height) in SIZES.items():
            ana.set_viewport_size({"width": width, "height": height})
            shot(ana, f"admin-{name.split()[0].lower()}{suffix}")
            assert ana.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        ana.set_viewport_size({"width": 1280, "height": 720})
        assert axe(ana) == [], name
    tab(ana, "People")
    ana.get_by_role("button", name="Add somebody").click()
    shot(ana, "admin-add")
    assert axe(ana) == []
    ana.keyboard.press("Escape")
    assert ana.evaluate("window.hacked") is None
    assert said == []


def test_the_desk_leads_here_and_carries_nothing_of_it(port: Port, context: BrowserContext) -> None:
    asked: list[Any] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    link = page.get_by_role("link", name="Admin")
    expect(link).to_be_visible()
    assert not [url for url in asked if "admin" in url]
    with context.expect_page() as opened:
        link.click()
    expect(opened.value.locator("[data-person=ana]")).to_be_visible()
    page.close()


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}.png"))
