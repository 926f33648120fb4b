// The screens behind Alt+1…8. The desk first; the others are lists and forms over the same view.

import { h } from "./dom.js";
import { cards } from "./cards.js";
import { faders } from "./faders.js";
import { graphicsNow } from "./gfx.js";
import { preview, programme, publicView } from "./monitorsview.js";
import { nextSlots } from "./order.js";
import { tiles } from "./tiles.js";
import { timeline } from "./timeline.js";
import { transport } from "./transport.js";
import { feedsScreen } from "./screen-feeds.js";
import { graphicsScreen } from "./screen-graphics.js";
import { handoverScreen } from "./screen-handover.js";
import { logScreen } from "./screen-log.js";
import { outputsScreen } from "./screen-outputs.js";
import { rundownScreen } from "./screen-rundown.js";
import { soundScreen } from "./screen-sound.js";

export const SCREENS = [
  ["Desk", deskScreen],
  ["Rundown", rundownScreen],
  ["Feeds", feedsScreen],
  ["Sound", soundScreen],
  ["Graphics", graphicsScreen],
  ["Outputs & machine", outputsScreen],
  ["Log", logScreen],
  ["Handover", handoverScreen],
];

function deskScreen(app) {
  return h(
    "div",
    { class: "desk", key: "desk" },
    h("div", { class: "pictures", key: "pictures" }, preview(app), programme(app)),
    h("div", { class: "left", key: "left" }, transport(app), tiles(app), timeline(app), nextSlots(app)),
    h("div", { class: "right", key: "right" }, publicView(app), cards(app), graphicsNow(app), faders(app)),
  );
}
