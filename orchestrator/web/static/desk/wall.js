// The wall: for a screen nobody touches. Programme, every source with its tally, time and what comes.

import { $, h, paint } from "./dom.js";
import { Link } from "./link.js";
import { Monitors } from "./monitors.js";
import { ICONS, bar } from "./parts.js";
import { clock, length, zoneName } from "./say.js";
import { screen } from "./monitorsview.js";

const app = { monitors: new Monitors(), view: null };
const link = new Link({ onview: (view) => (app.view = view), onstate: draw });
link.look("wall");

function draw() {
  const { view } = app;
  if (!view) return paint($("wall"), h("p", { class: "waiting" }, link.ended ? "Signed out." : "Waiting for control…"));
  const slot = view.on_air;
  const stale = link.age() > 3;
  return paint(
    $("wall"),
    h(
      "header",
      { key: "head" },
      h("b", { class: "time" }, clock(link.now(), view.event.timezone)),
      h("span", { class: "dim" }, zoneName(view.event.timezone)),
      h("span", { class: "fill" }),
      stale ? h("b", { class: "badge" }, `✕ ${Math.floor(link.age())} s old`) : null,
      slot ? h("b", { class: "badge" }, "ON AIR") : null,
      h("b", { class: "title" }, slot ? slot.title : "event slate"),
      h("span", { class: "num" }, slot ? (slot.is_open ? "open" : length(-(slot.left_s - link.since()))) : ""),
    ),
    h(
      "div",
      { class: "wall-pictures", key: "pictures" },
      h("div", { class: "monitor programme", key: "programme" }, screen(app, "programme", "programme", "Programme")),
      h("div", { class: "next", key: "next" }, ...view.rundown.filter((one) => !one.state.includes("done")).slice(0, 8).map((one) =>
        h("p", { key: one.id, class: one.state.join(" ") }, h("b", { class: "num" }, clock(one.start, view.event.timezone, "")), h("span", { class: "line" }, one.title), h("span", { class: "dim num" }, length(one.length_s))))),
    ),
    h(
      "div",
      { class: "tiles", key: "tiles" },
      ...view.feeds.map((feed) =>
        h(
          "div",
          { key: feed.id, class: `tile ${feed.grade} ${feed.tally}` },
          screen(app, `feed.${feed.id}`, `t${feed.id}`, feed.id),
          h("span", { class: "top" }, feed.tally ? h("b", { class: `tally ${feed.tally}` }, { air: "ON AIR", preview: "PVW", armed: "ARMED" }[feed.tally]) : null),
          h("span", { class: "bottom" }, h("span", { class: "name" }, `${feed.city || feed.title} ${feed.name}`), h("span", { class: "line2" }, h("span", {}, `${ICONS[feed.grade]} ${feed.word}`), h("span", {}, clock(link.now(), feed.timezone, ""))), bar(feed.level_db, { key: "bar" })),
        ),
      ),
    ),
  );
}

setInterval(draw, 250);
