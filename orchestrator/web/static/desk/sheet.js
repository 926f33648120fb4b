// The sheet: the running order to read, in the reader's own time zone or the event's.

import { $, h, paint } from "./dom.js";
import { Link } from "./link.js";
import { clock, length, zoneName } from "./say.js";
import { states } from "./order.js";

const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const sheet = { view: null, zone: own };
const link = new Link({ onview: (view) => ((sheet.view = view), draw(), place()), onstate: draw });
link.look("sheet");

function draw() {
  const { view, zone } = sheet;
  if (!view) return paint($("sheet"), h("p", { class: "waiting" }, link.ended ? "Signed out." : "Waiting for control…"));
  const zones = [...new Set([own, view.event.timezone, ...view.sites.map((site) => site.timezone)])];
  return paint(
    $("sheet"),
    h(
      "header",
      { key: "head" },
      h("h1", {}, view.event.title),
      h("b", { class: "time" }, clock(link.now(), zone)),
      h("label", {}, "times of ", h("select", { onchange: (event) => ((sheet.zone = event.currentTarget.value), draw()) }, ...zones.map((name) => h("option", { key: name, value: name, selected: name === zone }, name === own ? `here (${zoneName(name)})` : zoneName(name))))),
      link.age() > 3 ? h("b", { class: "badge" }, "✕ not up to date") : null,
    ),
    h(
      "table",
      { key: "list", class: "list" },
      h("thead", {}, h("tr", {}, ...["time", "length", "title", "site", "people", "state"].map((name) => h("th", { scope: "col" }, name)))),
      h(
        "tbody",
        {},
        ...withDays(view.rundown, zone, (slot) =>
          h(
            "tr",
            { key: slot.id, class: slot.state.join(" ") },
            h("td", { class: "num" }, clock(slot.start, zone)),
            h("td", { class: "num dim" }, length(slot.length_s)),
            h("td", {}, h("b", {}, slot.title)),
            h("td", {}, view.sites.find((site) => site.id === slot.site)?.city ?? ""),
            h("td", { class: "dim" }, Object.values(slot.people).flat().join(", ")),
            h("td", {}, states(slot)),
          ),
        ),
      ),
    ),
  );
}

// A line wherever another day begins in the reader's time zone.
function withDays(slots, zone, line) {
  const days = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", timeZone: zone });
  const rows = [];
  let day = "";
  for (const slot of slots) {
    const begins = days.format(Date.parse(slot.start));
    if (begins !== day) rows.push(h("tr", { key: `day ${begins}`, class: "block-row" }, h("th", { colspan: 6, scope: "rowgroup" }, begins)));
    day = begins;
    rows.push(line(slot));
  }
  return rows;
}

let isPlaced = false;

// Once, when it is first painted: to what is on air.
function place() {
  const now = document.querySelector("tr.on-air, tr.next");
  if (isPlaced || !now) return;
  isPlaced = true;
  now.scrollIntoView({ block: "center" });
}

setInterval(draw, 1000);
