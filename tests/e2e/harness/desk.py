"""People at the desk: a browser for each, signed in, looking at a running event.

The sync API of Playwright; everything waits for a condition with a deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from harness.run import PATIENCE_S, ROOT, Run, until
from harness.watch import Watch
from players.viewer import CHROMIUM
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from orchestrator.bus.tree import StateFolder
from orchestrator.control import passwords
from orchestrator.control.accounts import Account, Accounts
from orchestrator.control.roles import Role

PASSWORD = "correct horse battery"
SHOTS = ROOT / "build" / "shots"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_FLAGS = ["--mute-audio", "--no-sandbox"]
expect.set_options(timeout=PATIENCE_S * 1000)


@contextmanager
def chromium(*more: str, may_sound: bool = True) -> Iterator[Browser]:
    """`may_sound`: as people at the desk have allowed it; else as browsers come."""
    policy = "no-user-gesture-required" if may_sound else "document-user-activation-required"
    flags = [*_FLAGS, f"--autoplay-policy={policy}", *more]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
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


def seen(
    person: Person, what: str, condition: Callable[[dict[str, Any]], Any], timeout_s: float = 20
) -> dict[str, Any]:
    """The first view for which `condition` holds."""

    def found() -> dict[str, Any] | None:
        person.page.wait_for_timeout(50)
        view = person.view()
        return view if condition(view) else None

    try:
        return until(what, found, timeout_s)
    except AssertionError as error:
        raise AssertionError(f"{error}; {person.run.tail(12)}") from error


def on_air(view: dict[str, Any]) -> list[str]:
    return [place["source"] for place in view["programme"]["places"]]


def previewed(view: dict[str, Any]) -> list[str]:
    return [place["source"] for place in (view["preview"] or {"places": []})["places"]]


def toast(page: Page, kind: str, says: str = "") -> str:
    """The newest word of the desk that says so; older ones may still stand above it."""
    return page.locator(f"#toasts .{kind}").filter(has_text=says).last.inner_text()


def strip_in_the_stream(run: Run, watch: Watch, at_n: int, timeout_s: float = 30) -> int | None:
    """Which site the public sees at a frame, by the strip in the picture; None for a slate. A
    machine that hurries leaves pictures out, but never the first of a part: the next one then."""
    last_n = at_n + run.grid().part_frames
    watch.wait_for(last_n, timeout_s)
    found = watch.pictures("180p", at_n, last_n)[0].strip()
    return found.site if found else None


def say(run: Run, word: str, args: dict[str, Any]) -> dict[str, Any]:
    """A wish of a program's, by token."""
    status, answer = run.say(word, **args)
    assert status == 200, answer
    return answer


def axe(page: Page) -> list[str]:
    """What axe finds that is serious or critical."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
