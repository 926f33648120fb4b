// The running order, short (on air and the next six) for the desk, and the words both lists use.

import { h } from "./dom.js";
import { grade, siteName } from "./parts.js";
import { clock, length, minutes } from "./say.js";

const STATE = {
  "on-air": "ON AIR",
  next: "NEXT",
  armed: "ARMED",
  ask: "end asked",
  stay: "STAY",
  ready: "✓ ready",
  "not-ready": "not ready",
  standby: "STANDBY",
  over: "OVER",
  overdue: "OVERDUE",
  late: "LATE",
  cut: "cut short",
  done: "done",
};

export function nextSlots(app) {
  const rows = app.view.rundown.filter((slot) => !slot.state.includes("done")).slice(0, 7);
  return h(
    "section",
    { class: "order", "aria-label": "Running order", key: "order", id: "order", tabindex: "-1" },
    h(
      "table",
      {},
      h(
        "tbody",
        {},
        ...rows.map((slot) => row(app, slot)),
        rows.length ? null : h("tr", { key: "none" }, h("td", {}, "the running order is at its end")),
      ),
    ),
  );
}

export function row(app, slot) {
  const isOn = slot.state.includes("on-air");
  const zone = app.view.sites.find((site) => site.id === slot.site)?.timezone;
  return h(
    "tr",
    { key: slot.id, class: slot.state.join(" ") },
    h("td", { class: "num" }, clock(slot.start, app.zone)),
    h("td", { class: "num dim" }, zone ? clock(slot.start, zone, "") : ""),
    h("td", { class: "num" }, slot.end === null && isOn ? "open" : length(slot.length_s)),
    h("td", { class: "title", title: slot.notes || slot.title }, h("b", {}, slot.title), h("span", { class: "dim" }, ` ${slot.site ? siteName(app, slot.site) : ""}`)),
    h("td", { class: "state" }, states(slot)),
    h("td", { class: "why", title: whyOf(slot) }, grade(slot.check), h("span", { class: "dim" }, ` ${slot.check?.why?.[0] ?? ""}`)),
  );
}

function whyOf(slot) {
  const why = slot.check?.why ?? [];
  return [...why, why.length && slot.check.standby ? `standby: ${slot.check.standby}` : ""].filter(Boolean).join("; ");
}

export function states(slot) {
  const words = slot.state.map((word) => STATE[word] ?? word);
  if (slot.anchor === "hard") words.push("⚓ fixed");
  if (Math.abs(slot.over_s) >= 1 && slot.state.includes("on-air")) words.push(`${slot.over_s > 0 ? "+" : "−"}${minutes(Math.abs(slot.over_s))}`);
  return words.join(" · ");
}
