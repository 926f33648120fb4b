// TAKE · NEXT · STAY · EXTEND ± · SAFE · GFX OUT · undo. What airs at once is large; what leaves a
// slot or the picture must be held.

import { h } from "./dom.js";
import { button, held, wish } from "./parts.js";

export function transport(app) {
  const { preview, on_air: slot, graphics } = app.view;
  return h(
    "section",
    { class: "transport", "aria-label": "Transport", key: "transport" },
    wish(app, "take", [word("TAKE"), key("Space")], {
      key: "take",
      class: "take",
      disabled: !preview,
      title: preview ? "preview to programme" : "nothing is in the preview",
    }),
    held(app, "next", [word("NEXT"), key("hold N")], {
      key: "next",
      title: "leave this slot now, start the next one (hold)",
      act: () => app.say("next"),
    }),
    wish(app, "stay", [word(slot?.is_staying ? "STAYING" : "STAY"), key("H")], {
      key: "stay",
      class: slot?.is_staying ? "on" : "",
      "aria-pressed": String(slot?.is_staying === true),
      disabled: !slot,
      args: { on: !slot?.is_staying },
      title: "this slot does not end by itself",
    }),
    button(
      {
        key: "extend",
        disabled: !slot || !app.may("extend"),
        "data-word": "extend",
        title: "a new end, after you have seen what it costs",
        onclick: () => app.openExtend("extend"),
      },
      word("EXTEND"),
      key("E"),
    ),
    button(
      {
        key: "shorten",
        disabled: !slot || !app.may("shorten"),
        "data-word": "shorten",
        title: "an earlier end",
        onclick: () => app.openExtend("shorten"),
      },
      word("SHORTEN"),
      key("⇧E"),
    ),
    held(app, "safe", [word("SAFE"), key("hold S")], {
      key: "safe",
      class: "safe",
      title: "the studio full frame, sound up, graphics out (hold)",
      act: () => app.say("safe"),
    }),
    wish(app, "graphics-out", [word(`GFX OUT${graphics.on.length ? ` ${graphics.on.length}` : ""}`), key("G")], {
      key: "gfx",
      disabled: graphics.on.length === 0,
      title: graphics.on.map((one) => `${one.use} ${one.says}`).join("\n") || "no graphic is on air",
    }),
    wish(app, "graphics-again", [word("GFX AGAIN"), key("⇧G")], {
      key: "again",
      disabled: graphics.last_out.length === 0,
      title: graphics.last_out.map((one) => `${one.use} ${one.says}`).join("\n") || "no graphic was taken out",
    }),
    button(
      {
        key: "undo",
        class: "undo",
        disabled: !app.may("undo"),
        "data-word": "undo",
        title: "says what it would take back, then asks",
        onclick: () => app.openUndo(),
      },
      word("UNDO"),
      key("U"),
    ),
  );
}

function word(text) {
  return h("b", {}, text);
}

function key(text) {
  return h("kbd", {}, text);
}
