// What opens over a screen: EXTEND with its price, UNDO with its name, a reason, a message, a
// restore link, the keys. Each is a <dialog>: Esc closes, nothing behind it can be pressed.

import { h } from "./dom.js";
import { KEYS, spoken } from "./keys.js";
import { button, slotTitle } from "./parts.js";
import { clock, length, minutes } from "./say.js";

export function dialog(app) {
  const open = app.dialog;
  if (!open) return null;
  return h(
    "dialog",
    {
      key: open.key,
      class: `dialog ${open.kind}`,
      "aria-label": open.title,
      made: (node) => queueMicrotask(() => !node.open && node.isConnected && node.showModal()),
      oncancel: (event) => {
        event.preventDefault();
        app.close();
      },
    },
    h("h2", {}, open.title),
    app.isStale && !app.link.ended
      ? h("p", { class: "refusal", role: "alert", key: "stale" }, "What you see is more than two seconds old. These buttons wait until it is fresh; Esc closes.")
      : null,
    h("div", { class: "body", key: "body", inert: app.isStale }, ...BODIES[open.kind](app, open)),
  );
}

const BODIES = { extend, priced, undo, reason, message, note, restore, link, help, person, locks };

function extend(app, open) {
  const { plan, refused } = open;
  return [
    form(
      () => app.extendNow(),
      h(
        "label",
        { class: "field" },
        open.word === "shorten" ? "by minutes, or to a time" : "by minutes (−5 takes away), or to a time",
        h("input", {
          id: "extend-by",
          autocomplete: "off",
          inputmode: "text",
          placeholder: "10 or 18:05",
          autofocus: true,
          oninput: (event) => app.extendBy(event.currentTarget.value),
        }),
      ),
      open.needsReason
        ? h(
            "label",
            { class: "field", key: "reason" },
            "beyond this slot's own longest: say why",
            h("input", { id: "extend-reason", maxlength: 200, oninput: (event) => app.extendReason(event.currentTarget.value) }),
          )
        : null,
      refused ? h("p", { class: "refusal", role: "alert", key: "refused" }, `✕ ${refused}`) : null,
      plan ? price(app, plan) : h("p", { class: "dim", key: "hint" }, "What it costs is shown before anything happens."),
      actions(app, plan && !refused ? `${open.word.toUpperCase()} (Enter)` : open.word.toUpperCase(), !plan || Boolean(refused) || open.stale),
    ),
  ];
}

function priced(app, open) {
  return [
    open.refused ? h("p", { class: "refusal", role: "alert" }, `✕ ${open.refused}`) : null,
    open.plan ? price(app, open.plan) : h("p", { class: "dim", key: "hint" }, "Looking what it costs…"),
    form(() => app.doPriced(), actions(app, `${open.action.label} (Enter)`, !open.plan)),
  ];
}

// A reflow: each slot that shrinks, drops or moves; each anchor with its margin; what un-fires.
export function price(app, answer) {
  const { reflow } = answer;
  const title = (id) => slotTitle(app, id);
  const rows = [
    ...reflow.shrinks.map((c) => ["shrinks", title(c.slot), `${minutes(c.from_s)} → ${minutes(c.to_s)}`, "amber"]),
    ...reflow.drops.map((c) => ["DROPS", title(c.slot), c.why, "red"]),
    ...reflow.returns.map((c) => ["plays again", title(c), "", ""]),
    ...reflow.grows.map((c) => ["grows", title(c.slot), `${minutes(c.from_s)} → ${minutes(c.to_s)}`, ""]),
    ...reflow.moves.map((c) => ["moves", title(c.slot), `${clock(c.from, app.zone)} → ${clock(c.to, app.zone)}`, ""]),
    ...reflow.anchors.map((c) => ["anchor", title(c.slot), c.margin_s < 0 ? `LATE by ${minutes(-c.margin_s)}` : `${length(c.margin_s)} to spare`, c.margin_s < 0 ? "red" : ""]),
    ...reflow.unfires.map((shot) => ["comes again", shot, "", "amber"]),
  ];
  return h(
    "div",
    { class: "price", key: "price", "aria-live": "polite" },
    h("p", {}, answer.text),
    h(
      "table",
      {},
      h(
        "tbody",
        {},
        ...rows.map(([what, slot, how, colour], i) =>
          h("tr", { key: i, class: colour }, h("td", { class: "what" }, what), h("td", {}, slot), h("td", { class: "num" }, how)),
        ),
      ),
    ),
    reflow.new_end
      ? h(
          "p",
          { class: "dim" },
      `Event ends ${clock(reflow.new_end, app.zone)}${reflow.ends && reflow.ends !== reflow.new_end ? ` (was ${clock(reflow.ends, app.zone)})` : ""}.`,
        )
      : null,
  );
}

// Whether anything of the day would be otherwise.
function moves({ reflow }) {
  return ["shrinks", "drops", "returns", "grows", "moves", "unfires"].some((name) => reflow[name].length);
}

function undo(app, open) {
  return [
    h("p", { class: open.refused ? "refusal" : "" }, open.refused ? `✕ ${open.refused}` : open.what ?? "Looking…"),
    open.plan && moves(open.plan) ? price(app, open.plan) : null,
    form(() => app.undoNow(), actions(app, "Take it back (U or Enter)", !open.what)),
  ];
}

function reason(app, open) {
  return [
    h("p", {}, open.what),
    form(
      (data) => open.then(String(data.get("reason") ?? "")),
      h("label", { class: "field" }, "reason", h("input", { name: "reason", required: true, maxlength: 200, autofocus: true })),
      actions(app, open.label ?? "Do it"),
    ),
  ];
}

function message(app, open) {
  return [
    form(
      async (data) => {
        const answer = await app.say("message", { site: open.site, text: String(data.get("text") ?? "").trim() });
        if (answer) app.close();
      },
      h("label", { class: "field" }, `to ${open.to}`, h("input", { name: "text", required: true, maxlength: 200, autofocus: true })),
      actions(app, "Send"),
    ),
  ];
}

// A line for the log that is begun already.
function note(app, open) {
  return [
    form(
      async (data) => {
        if (await app.say("note", { text: String(data.get("text") ?? "").trim() })) app.close();
      },
      h("label", { class: "field" }, "for the log and the next shift",
        h("input", { name: "text", required: true, maxlength: 200, autofocus: true, made: (node) => (node.value = open.text) })),
      actions(app, "Write it down"),
    ),
  ];
}

function person(app, open) {
  const { person: one } = open;
  return [
    h("p", { class: "dim" }, "Holds for every later use, on air at once."),
    form(
      async (data) => {
        const args = { id: one.id };
        for (const key of ["name", "native", "role"]) {
          const said = String(data.get(key) ?? "").trim();
          if (said !== (one[key] ?? "")) args[key] = said;
        }
        if (await app.say("person", args)) app.close();
      },
      ...["name", "native", "role"].map((key) =>
        h("label", { class: "field", key }, key, h("input", { name: key, maxlength: 120, made: (node) => (node.value = one[key] ?? "") })),
      ),
      actions(app, "Correct"),
    ),
  ];
}

function restore(app, open) {
  return [
    h("p", {}, open.text),
    open.url
      ? h("label", { class: "field" }, "link for the second person, good once",
          h("input", { readonly: true, made: (node) => (node.value = open.url), onfocus: (event) => event.currentTarget.select() }))
      : null,
    h("p", { class: "dim" }, `It works for ${minutes(open.expires_s)}. The second person is of the site, a producer, or of safety.`),
    h("div", { class: "actions" }, button({ onclick: () => navigator.clipboard?.writeText(open.url) }, "Copy"), button({ onclick: () => app.close() }, "Close")),
  ];
}

function link(app, open) {
  return [
    h("p", {}, open.text),
    h("label", { class: "field" }, "shown this once; give it to the guest and to nobody else",
      h("input", { id: "link", readonly: true, made: (node) => (node.value = open.url), onfocus: (event) => event.currentTarget.select() })),
    h("div", { class: "actions" }, button({ onclick: () => navigator.clipboard?.writeText(open.url) }, "Copy"), button({ onclick: () => app.close() }, "Close")),
  ];
}

// Who has picture, sound and graphics. Safety is never locked.
function locks(app) {
  const held = Object.entries(app.view.locks);
  return [
    ...held.map(([area, lock]) =>
      h(
        "p",
        { key: area, class: "row" },
        h("b", { class: "name" }, area),
        h("span", { class: "grow" }, lock ? `${lock.holder} since ${clock(lock.at, app.zone)}` : "nobody"),
        lock?.holder === app.me.name
          ? button({ disabled: !app.may("unlock"), onclick: () => app.say("unlock", { area }) }, "GIVE BACK")
          : button({ disabled: !app.may("lock"), onclick: () => (lock ? app.takeOver(area, lock.holder) : app.say("lock", { area })) }, lock ? "TAKE OVER…" : "LOCK"),
      ),
    ),
    h("h2", { key: "here" }, "Here"),
    ...app.view.present.map((one) => h("p", { key: `p ${one.author}`, class: "row" }, h("b", { class: "name" }, one.author), h("span", { class: "dim" }, one.looks_at))),
    h("div", { class: "actions", key: "close" }, button({ onclick: () => app.close() }, "Close")),
  ];
}

function help(app) {
  const { off } = app.keySettings;
  return [
    h(
      "label",
      { class: "check" },
      h("input", { type: "checkbox", checked: !off, onchange: (event) => app.setKeys({ off: !event.currentTarget.checked }) }),
      "single keys work",
    ),
    h(
      "table",
      { class: "keys" },
      h(
        "tbody",
        {},
        ...KEYS.map((key) =>
          h(
            "tr",
            { key: key.name },
            h("td", {}, h("kbd", {}, key.fixed ? "1…8" : spoken(app.keys.code(key.name)) || "none")),
            h("td", {}, key.says),
            h(
              "td",
              {},
              key.fixed
                ? null
                : button(
                    { class: `small ${app.learning === key.name ? "chosen" : ""}`, "aria-label": `change the key of ${key.name}`, onclick: () => app.learn(key.name) },
                    app.learning === key.name ? "press a key" : "change",
                  ),
            ),
          ),
        ),
      ),
    ),
    h("div", { class: "actions" },
      h("span", { class: "dim fill" }, "Alt+1…8 screens · arrows choose a tile · Esc closes, and never commands"),
      button({ onclick: () => app.setKeys({ map: {}, off: false }) }, "As they were"),
      button({ onclick: () => app.close() }, "Close")),
  ];
}

function form(then, ...children) {
  return h(
    "form",
    {
      method: "dialog",
      onsubmit: (event) => {
        event.preventDefault();
        then(new FormData(event.currentTarget));
      },
    },
    ...children,
  );
}

function actions(app, label, disabled = false) {
  return h(
    "div",
    { class: "actions", key: "actions" },
    h("button", { type: "submit", class: "go", disabled }, label),
    h("button", { type: "button", onclick: () => app.close() }, "Close (Esc)"),
  );
}
