// Graphics on the desk: on air with the time left, and the next two; who each is about.

import { h } from "./dom.js";
import { length } from "./say.js";

export function graphicsNow(app) {
  const { on, coming, badge } = app.view.graphics;
  return h(
    "section",
    { class: "gfx", "aria-label": "Graphics", key: "gfx" },
    ...on.slice(0, 3).map((one) =>
      h("p", { key: one.key, class: "row on" }, h("b", {}, `● ${one.use}`), h("span", { class: "grow line" }, one.says), h("span", { class: "num" }, one.left_s === null ? "open" : length(Math.max(0, app.left(one.left_s))))),
    ),
    on.length ? null : h("p", { key: "none", class: "dim" }, `No graphic on air${badge ? ` but the badge ${badge}` : ""}`),
    ...coming.slice(0, 2).map((one) =>
      h("p", { key: one.key, class: "row dim" }, h("b", {}, `▷ ${one.use}`), h("span", { class: "grow line" }, one.says), h("span", { class: "num" }, `in ${length(Math.max(0, app.left(one.in_s)))}`)),
    ),
  );
}
