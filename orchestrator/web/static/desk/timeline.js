// The strip: ninety minutes either way. Blocks as they run, anchors, what is armed, and now.

import { h } from "./dom.js";
import { clock } from "./say.js";

const SPAN_MS = 90 * 60 * 1000;

export function timeline(app) {
  const now = app.link.now();
  const event = app.view.event;
  const whole = Date.parse(event.end) - Date.parse(event.start);
  const half = Math.min(SPAN_MS, Math.max(whole, 60_000));
  const at = (instant) => ((Date.parse(instant) - now + half) / (2 * half)) * 100;
  const blocks = app.view.rundown
    .map((slot) => ({ slot, from: at(slot.start), to: at(slot.expected_end ?? slot.end ?? event.end) }))
    .filter(({ from, to }) => to > 0 && from < 100);
  return h(
    "section",
    { class: "timeline", "aria-label": "Timeline", key: "timeline" },
    ...blocks.map(({ slot, from, to }) => block(app, slot, Math.max(0, from), Math.min(100, to))),
    ...ticks(now, half).map((ms) =>
      h("i", { key: `t${ms}`, class: "tick", style: { left: `${((ms - now + half) / (2 * half)) * 100}%` } },
        h("span", {}, clock(ms, app.zone, ""))),
    ),
    h("i", { key: "now", class: "now" }),
  );
}

function block(app, slot, from, to) {
  const states = slot.state.filter((word) => ["on-air", "armed", "done", "overdue", "standby"].includes(word));
  return h(
    "span",
    {
      key: slot.id,
      class: `block ${states.join(" ")} ${slot.kind === "surgery" ? "case" : ""} ${slot.anchor === "hard" ? "hard" : ""}`,
      title: `${clock(slot.start, app.zone)} ${slot.title}${slot.anchor === "hard" ? " (fixed)" : ""}`,
      style: { left: `${from.toFixed(2)}%`, width: `${Math.max(0.2, to - from).toFixed(2)}%` },
    },
    h("span", {}, to - from > 4 ? slot.title : ""),
  );
}

function ticks(now, half) {
  const steps = [60_000, 300_000, 900_000, 1_800_000, 3_600_000];
  const step = steps.find((ms) => (2 * half) / ms <= 9) ?? 3_600_000;
  const list = [];
  for (let ms = Math.ceil((now - half) / step) * step; ms < now + half; ms += step) list.push(ms);
  return list;
}
