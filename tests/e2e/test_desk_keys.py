"""The keys of the desk, by their place on the keyboard: what a press means, and what not.

The rules are in `keys.js`, with clock and timers handed in; Node runs them without a browser.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from harness.node import run_module

_SCRIPT = """
import { Keys } from "DESK/keys.js";
const script = JSON.parse(process.argv[1]);
const acts = [];
let now = 0, timers = [];
const keys = new Keys({
  act: (name, detail) => {
    const about = detail?.name ? `:${detail.name}` : detail === undefined ? "" : ` ${detail}`;
    acts.push(name + about);
    return true;
  },
  now: () => now,
  later: (act, ms) => {
    timers.push({ at: now + ms, act });
    return timers.at(-1);
  },
  never: (timer) => { timers = timers.filter((one) => one !== timer); },
  isOn: () => script.on !== false,
  map: script.map ?? {},
});
let prevented = [];
for (const [what, value, more] of script.steps) {
  if (what === "wait") {
    now += value;
    for (const timer of timers.filter((one) => one.at <= now)) { timer.act(); keys.never(timer); }
  } else if (what === "down") prevented.push(keys.down({ code: value, ...more }));
  else if (what === "up") keys.up({ code: value });
  else if (what === "forget") keys.forget();
}
console.log(JSON.stringify({ acts, prevented }));
"""


def play(*steps: tuple[Any, ...], **more: Any) -> list[str]:
    """What the keys set off, in order."""
    return list(run_module(_SCRIPT, json.dumps({"steps": steps, **more}))["acts"])


def test_space_takes_once_and_not_again_within_a_second_nor_by_repeating() -> None:
    space, held = ("down", "Space"), ("down", "Space", {"repeat": True})
    assert play(space, held, held, ("wait", 900), space, ("wait", 200), space) == ["take", "take"]


@pytest.mark.parametrize(("code", "act"), [("KeyN", "next"), ("KeyS", "safe"), ("KeyB", "blank")])
def test_what_leaves_the_picture_must_be_held_for_half_a_second(code: str, act: str) -> None:
    down, up = ("down", code), ("up", code)
    assert play(down, ("wait", 499), up, ("wait", 999)) == [
        f"holding:{act}", f"held-too-short:{act}",
    ]  # fmt: skip
    again = ("down", code, {"repeat": True})
    assert play(down, again, ("wait", 500), again, up) == [f"holding:{act}", act]


def test_a_hold_is_given_up_when_the_window_loses_the_focus() -> None:
    assert play(("down", "KeyB"), ("wait", 300), ("forget",), ("wait", 900)) == ["holding:blank"]


def test_privacy_is_x_twice_within_eight_tenths_or_once_with_shift() -> None:
    x = ("down", "KeyX")
    assert play(x, ("wait", 800), x) == ["once-more:privacy", "privacy"]
    assert play(x, ("wait", 801), x) == ["once-more:privacy", "once-more:privacy"]
    assert play(("down", "KeyX", {"shiftKey": True})) == ["privacy-now"]


def test_digits_choose_sources_or_what_the_key_before_asked_for() -> None:
    one = ("down", "Digit1")
    assert play(one, ("down", "Digit3", {"shiftKey": True})) == ["tile 1", "tile 11"]
    assert play(("down", "KeyL"), ("down", "Digit2"), one) == ["layout", "layout-at 2", "tile 1"]
    assert play(("down", "KeyK"), one) == ["ack", "card-action 1"]
    assert play(("down", "KeyK"), ("wait", 3000), one) == ["ack", "tile 1"]


def test_escape_never_commands_and_browsers_keys_stay_the_browsers() -> None:
    assert play(("down", "KeyL"), ("down", "Escape"), ("down", "Digit1")) == [
        "layout", "close", "tile 1",
    ]  # fmt: skip
    for modifier in ("ctrlKey", "metaKey", "altKey"):
        assert play(("down", "KeyG", {modifier: True})) == []


def test_switched_off_keys_do_nothing_and_a_moved_key_leaves_its_old_place() -> None:
    assert play(("down", "Space"), ("down", "KeyX"), ("down", "KeyX"), on=False) == []
    moved = {"take": "KeyT"}
    assert play(("down", "Space"), ("down", "KeyT"), map=moved) == ["take"]
