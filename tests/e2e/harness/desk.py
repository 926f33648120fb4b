"""People at the desk: a browser for each, signed in, looking at a running event.

The sync API of Playwright; everything waits for a condition with a deadline.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.run import PATIENCE_S, ROOT, Run
from players.viewer import CHROMIUM
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from orchestrator.bus.tree import StateFolder
from orchestrator.control import passwords
from orchestrator.control.accounts import Account, Accounts
from orchestrator.control.roles import Role

PASSWORD = "correct horse battery"
SHOTS = ROOT / "build" / "shots"
_FLAGS = ["--autoplay-policy=no-user-gesture-required", "--mute-audio", "--no-sandbox"]
expect.set_options(timeout=PATIENCE_S * 1000)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Person:
    """Somebody with a browser of their own. `page` is the desk once it shows the event."""

    def __init__(
        self, browser: Browser, run: Run, name: str, role: Role = Role.OPERATOR, **options: Any
    ) -> None:
        self.run, self.name = run, name
        accounts = Accounts(StateFolder(run.state).users)
        if name not in accounts.book().users:
            accounts.put(Account(name, role, "", passwords.hashed(PASSWORD, name)))
        options.setdefault("viewport", {"width": 1280, "height": 720})
        self.context: BrowserContext = browser.new_context(base_url=run.control, **options)
        answer = self.context.request.post(
            "api/v1/sign-in", data={"name": name, "password": PASSWORD}
        )
        assert answer.ok, answer.text()
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def open(self, path: str = "") -> Page:
        self.page.goto(path)
        return self.page

    def at_the_desk(self) -> Page:
        """The desk, showing the event."""
        self.open()
        self.page.wait_for_selector(".desk .transport", timeout=2 * PATIENCE_S * 1000)
        return self.page

    def view(self) -> dict[str, Any]:
        """The newest desk view that the page has."""
        return dict(self.page.evaluate("window.desk.view"))

    def shot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SHOTS / f"{name}.png"))

    def close(self) -> None:
        self.context.close()
