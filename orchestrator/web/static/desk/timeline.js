// The strip: ninety minutes either way. Blocks as they run, anchors, what is armed, and now.
// The day: the same from the first frame to the last, with what pre-flight found.

import { h } from "./dom.js";
import { button } from "./parts.js";
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

const STEPS_MS = [60_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000];

function ticks(now, half) {
  return every(now - half, now + half, STEPS_MS.find((ms) => (2 * half) / ms <= 9) ?? 3_600_000);
}

function every(from, to, step) {
  const list = [];
  for (let ms = Math.ceil(from / step) * step; ms < to; ms += step) list.push(ms);
  return list;
}

// `choose(slot id)` when a block is pressed.
export function wholeDay(app, choose) {
  const { event, rundown } = app.view;
  const [start, end] = [Date.parse(event.start), Date.parse(event.end)];
  const last = Math.max(end, ...rundown.map((slot) => Date.parse(slot.expected_end ?? slot.start)));
  const at = (ms) => ((ms - start) / (last - start)) * 100;
  const step = STEPS_MS.find((ms) => (last - start) / ms <= 13) ?? 7_200_000;
  const now = app.link.now();
  return h(
    "section",
    { class: "timeline day", "aria-label": "The whole day", key: "day" },
    ...rundown.map((slot) => {
      const from = Math.max(0, at(Date.parse(slot.start)));
      const to = Math.min(100, at(Date.parse(slot.expected_end ?? slot.end ?? event.end)));
      return dayBlock(app, slot, from, to, choose);
    }),
    ...every(start, last, step).map((ms) => h("i", { key: `t${ms}`, class: "tick", style: { left: `${at(ms)}%` } }, h("span", {}, clock(ms, app.zone, "")))),
    now >= start && now <= last ? h("i", { key: "now", class: "now", style: { left: `${at(now).toFixed(2)}%` } }) : null,
  );
}

const CHECKS = { RED: "✕", AMBER: "▲" };

function dayBlock(app, slot, from, to, choose) {
  const kind = slot.kind === "surgery" ? "case" : "";
  const found = slot.check && !slot.state.includes("on-air") ? slot.check.state : "";
  const words = [clock(slot.start, app.zone), slot.title, slot.anchor === "hard" ? "(fixed)" : "", found, ...(slot.check?.why ?? [])];
  return button(
    {
      key: slot.id,
      class: `block ${slot.state.join(" ")} ${kind} ${slot.anchor === "hard" ? "hard" : ""} ${found ? `check-${found.toLowerCase()}` : ""}`,
      title: words.filter(Boolean).join(" "),
      "aria-label": words.filter(Boolean).join(" "),
      style: { left: `${from.toFixed(2)}%`, width: `${Math.max(0.15, to - from).toFixed(2)}%` },
      onclick: () => choose(slot.id),
    },
    CHECKS[found] ? h("b", { key: "check" }, CHECKS[found]) : null,
    to - from > 5 ? h("span", { key: "name" }, slot.title) : null,
  );
}
