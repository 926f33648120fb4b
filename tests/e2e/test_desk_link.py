"""The desk's line to control: what it asks for after a break, and how long its session lives.

`link.js` in Node, with a clock, a socket and a network that are handed in as a browser would.
"""

from __future__ import annotations

import json
from typing import Any

from harness.node import run_module

HOUR_MS = 3_600_000
_SCRIPT = """
const sockets = [], asked = [], ticks = [], later = [];
let now = 0, known = true;
globalThis.location = { href: "http://desk.example/" };
Object.defineProperty(globalThis, "performance", { value: { now: () => now } });
globalThis.setInterval = (act) => ticks.push(act);
globalThis.setTimeout = (act) => later.push(act);
globalThis.fetch = async (path) => {
  asked.push([now, path]);
  return { status: known ? 200 : 401 };
};
globalThis.WebSocket = class {
  static OPEN = 1;
  constructor(url) {
    Object.assign(this, { url: String(url), readyState: 1, sent: [] });
    sockets.push(this);
  }
  send(text) { this.sent.push(text); }
  close() { this.onclose?.(); }
};
const { Link } = await import("DESK/link.js");
const seen = [];
const onentry = (one) => seen.push(one.text);
const link = new Link({ onview: (view) => seen.push(view.k), onentry });
const steps = JSON.parse(process.argv[1]);
const settled = () => new Promise((done) => setImmediate(done));
for (const [what, value] of steps) {
  const socket = sockets.at(-1);
  if (what === "wait") {
    for (const until = now + value; now < until; now += 1000) for (const tick of ticks) tick();
  } else if (what === "hear") socket.onmessage({ data: JSON.stringify(value) });
  else if (what === "open") socket.onopen();
  else if (what === "break") { socket.onclose(); for (const act of later.splice(0)) act(); }
  else if (what === "forget") known = false;
  await settled();
}
console.log(JSON.stringify({
  asked, seen, urls: sockets.map((one) => one.url), ended: link.ended, age: link.age(),
}));
"""


def play(*steps: tuple[Any, ...]) -> dict[str, Any]:
    return dict(run_module(_SCRIPT, json.dumps(steps)))


def desk(k: int, seq: int) -> tuple[str, dict[str, Any]]:
    data = {"k": k, "clock": {"now": "2026-10-24T10:00:00Z"}}
    return ("hear", {"seq": seq, "kind": "desk", "data": data})


def test_a_screen_that_nobody_touches_keeps_its_session_alive() -> None:
    alive = [step for _ in range(24) for step in (desk(1, 1), ("wait", HOUR_MS))]
    told = play(("open",), *alive)

    times = [at for at, path in told["asked"] if path == "/api/v1/me"]
    assert len(times) >= 24
    assert max(b - a for a, b in zip([0, *times], times, strict=False)) <= HOUR_MS


def test_after_a_break_it_asks_for_what_it_has_not_heard() -> None:
    told = play(
        ("open",), desk(1, 7), ("hear", {"seq": 8, "kind": "entry", "data": {"text": "TAKE"}}),
        ("break",), ("open",), desk(2, 9),
    )  # fmt: skip

    assert told["urls"][0].endswith("since=0")
    assert told["urls"][1].endswith("since=8")
    assert told["seen"] == [1, "TAKE", 2]


def test_what_is_no_message_is_passed_over_and_ages_what_is_shown() -> None:
    told = play(("open",), desk(1, 7), ("wait", 3000), ("hear", {"kind": "hello"}))
    assert told["age"] >= 3


def test_who_is_signed_out_is_told_and_asks_no_more() -> None:
    told = play(("open",), desk(1, 7), ("forget",), ("break",), ("break",))
    assert told["ended"] == "signed-out"
    assert len(told["urls"]) == 1
